"""Documents of a history, of which what changes is known: one a day, each of its own commit unless it is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from compared_systems import run_of
from made_systems import Maker, bench, system

from rush_hour.judge.history.points import Point, points_of
from rush_hour.results.document import Document
from rush_hour.results.file import write_document

FIRST = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)
SPREAD = 0.02  # of documents, as a share


def commit(number: int) -> str:
    """The commit of a day."""
    return f"{number:04x}" * 10


def latencies_us(*levels: tuple[int, int], seed: int = 1) -> list[int]:
    """Latencies around levels: how many, and of how much."""
    rng = np.random.default_rng(seed)
    return [round(us * float(np.exp(rng.normal(0, SPREAD)))) for count, us in levels for _ in range(count)]


def document(
    make: Maker, day: int, us: int, *, name: str = "app", code: str | None = None, trusted: bool = True, **more: Any
) -> Document:
    """A bench of one system, all of whose answers took so long."""
    run = run_of(make, us)
    run = replace(run, verdict=replace(run.verdict, trusted=trusted))
    made = bench(system(name, run), commit=code or commit(day), label=more.pop("label", None))
    return replace(made, started_at=(FIRST + timedelta(days=day)).isoformat(), **more)


def days(make: Maker, us: Sequence[int], **options: Any) -> list[Document]:
    """A document for each day."""
    return [document(make, day, one, **options) for day, one in enumerate(us)]


def points(documents: Sequence[Document]) -> list[Point]:
    """The points of documents."""
    return [
        point
        for number, one in enumerate(documents)
        for point in points_of(one, f"{number:03}.json", one.started_at or "")
    ]


def write(directory: Path, documents: Sequence[Document]) -> None:
    """Write documents below a directory, as benches do."""
    for number, one in enumerate(documents):
        path = directory / f"{number:03}" / "result.json"
        path.parent.mkdir(parents=True)
        write_document(path, one)
