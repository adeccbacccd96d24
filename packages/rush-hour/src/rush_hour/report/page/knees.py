"""Knees: of each capacity on a page the rates that were tried, as a table, and what is drawn of them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rush_hour.judge.search.knee import KneeRow, knee_rows
from rush_hour.report.terminal.capacity_report import capacity_lines
from rush_hour.results.capacity import Capacity
from rush_hour.results.document import Document
from rush_hour.results.resources import ROLES, Role

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knee:
    """One capacity.

    Attributes:
        title: of its system.
        lines: what else was found.
        roles: whose CPU time is known.
    """

    title: str
    found: Capacity
    lines: list[str]
    rows: list[KneeRow]
    roles: list[Role]


def knees_of(documents: Sequence[Document]) -> list[Knee]:
    """Return the capacities among documents."""
    return [
        Knee(
            title=document.systems[0].title if document.systems else "",
            found=document.capacity,
            lines=capacity_lines(document.capacity),
            rows=(rows := knee_rows(document)),
            roles=[role for role in ROLES if any(role in row.cores for row in rows)],
        )
        for document in documents
        if document.capacity is not None
    ]


def knee_figures(documents: Sequence[Document]) -> list[Json]:
    """Return what is drawn of each capacity: of several runs at one rate, the mean."""
    return [_figures(knee) for knee in knees_of(documents)]


def _figures(knee: Knee) -> Json:
    groups: dict[float, list[KneeRow]] = {}
    for row in knee.rows:
        groups.setdefault(row.run.plan.rate_per_s or 0.0, []).append(row)
    found, rows = knee.found, list(groups.values())
    return {
        "interval": [found.low_per_s, found.high_per_s],
        "rate_per_s": found.rate_per_s,
        "rates": list(groups),
        "good_per_s": [_mean([row.run.result.goodput_per_s for row in group]) for group in rows],
        "p50_us": [_mean([row.p50_us for row in group]) for group in rows],
        "p99_us": [_mean([row.p99_us for row in group]) for group in rows],
        "cores": {role: [_mean([row.cores.get(role) for row in group]) for group in rows] for role in knee.roles},
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 3) if known else None
