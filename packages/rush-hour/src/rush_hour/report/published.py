"""Published figures beside measured ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.results.document import Document, System, SystemFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides of one system; `measured` is None when it was not."""

    name: str
    published: SystemFigures
    measured: SystemFigures | None


def compare(document: Document) -> list[Comparison]:
    """Put measured systems beside the published ones of the same name; systems that were not benched are left out."""
    published: Sequence[SystemFigures] = document.suite.published if document.suite is not None else ()
    systems = {system.name: system for system in document.systems}
    return [
        Comparison(name=figures.name, published=figures, measured=measured_figures(systems[figures.name]))
        for figures in published
        if figures.name in systems
    ]


def measured_figures(system: System) -> SystemFigures | None:
    """Return a system's last run as it would have been published; None where it was not measured."""
    run = system.run
    if run is None:
        return None
    result = run.result
    sides = [side for side in (result.latency_us, result.latency_bad_us) if side is not None]
    count = sum(side.count for side in sides)
    return SystemFigures(
        name=system.name,
        rate_per_s=run.plan.rate_per_s or result.rate_per_s,
        requests_per_s=result.responses_total / result.elapsed_s,
        goodput_per_s=result.goodput_per_s,
        bad_ratio=result.bad_ratio or 0.0,
        mean_us=sum(side.mean * side.count for side in sides) / count if count else None,
        max_us=max(side.max for side in sides) if count else None,
    )
