"""Metrics that are declared beside the figures."""

from dataclasses import dataclass
from typing import Annotated, get_type_hints

import pytest

from api_hour.supervisor.monitor.facts import DaemonFacts, EngineView, Totals, WorkerView
from api_hour.supervisor.monitor.figures import Counter, Gauge, figures_of


@dataclass
class Picture:
    """Something with figures."""

    name: str
    size_bytes: Annotated[int, "in all", Gauge("size_bytes", "Size.")]
    ends: Annotated[dict[str, int], Counter("ends", "Ends.", label="reason")]


def test_the_figures_of_a_picture_are_found_with_their_fields() -> None:
    assert list(figures_of(Picture)) == [
        ("size_bytes", Gauge("size_bytes", "Size.")),
        ("ends", Counter("ends", "Ends.", label="reason")),
    ]


@pytest.mark.parametrize("picture", [DaemonFacts, Totals, WorkerView, EngineView])
def test_a_mapping_is_divided_by_a_label_and_nothing_else_is(picture: type) -> None:
    hints = get_type_hints(picture)

    figures = list(figures_of(picture))
    assert figures
    for field, figure in figures:
        assert bool(figure.label) is (hints[field] == dict[str, int]), field


def test_no_metric_is_declared_twice() -> None:
    names = [figure.name for kind in (DaemonFacts, Totals, WorkerView, EngineView) for _, figure in figures_of(kind)]

    assert sorted(names) == sorted(set(names))
