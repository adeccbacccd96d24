"""Which points are of one series, and in which order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from history_documents import commit, days, document, points
from made_capacities import capacity
from made_systems import Maker

from rush_hour.core.profile.grammar import parse_profile
from rush_hour.judge.history.points import Point, points_of
from rush_hour.judge.history.series import series_of
from rush_hour.results.document import MachineFacts

MACHINE = MachineFacts(cpu="Fast", cores=2, memory_bytes=1, kernel="6", system="Linux", limits={})


def plan(**changes: Any) -> Callable[[Point], Point]:
    return lambda point: replace(point, plan=replace(point.plan, **changes))


UNLIKE: dict[str, Callable[[Point], Point]] = {
    "rate": plan(rate_per_s=2000.0),
    "profile": plan(profile=parse_profile("ramp:100..2000/60s", what="x")),
    "arrivals": plan(arrivals="poisson"),
    "connections": plan(connections=7),
    "keep-alive": plan(connection_per_request=True),
    "duration": plan(duration_s=30.0),
    "path": plan(url="http://127.0.0.1:8008/other"),
    "system": lambda point: replace(point, system="other"),
    "suite": lambda point: replace(point, suite="other"),
    "kind": lambda point: replace(point, kind="load"),
    "label": lambda point: replace(point, label="other"),
    "cores": lambda point: replace(point, machine=replace(MACHINE, cores=4)),
    "cpu": lambda point: replace(point, machine=replace(MACHINE, cpu="Slow")),
    "no machine": lambda point: replace(point, machine=None),
}


@pytest.mark.parametrize("what", UNLIKE)
def test_what_was_measured_otherwise_is_another_series(make: Maker, what: str) -> None:
    made = points(days(make, [1000, 1001, 1002, 1003]))

    found = series_of([*made[:2], *map(UNLIKE[what], made[2:])])

    assert sorted([round(point.figures["p50"]) for point in one.points] for one in found) == [
        [1000, 1001],
        [1002, 1003],
    ]
    assert len({one.name for one in found}) == 2


ALIKE: dict[str, Callable[[Point], Point]] = {
    "commit": lambda point: replace(point, commit="other"),
    "kernel": lambda point: replace(point, machine=replace(MACHINE, kernel="7", name="ci-2")),
    "port": plan(url="http://127.0.0.1:9/agents"),
    "processes": plan(processes=7),
}


@pytest.mark.parametrize("what", ALIKE)
def test_what_may_differ_over_time_is_one_series(make: Maker, what: str) -> None:
    made = points(days(make, [1000, 1001]))

    [one] = series_of([made[0], ALIKE[what](made[1])])

    assert len(one.points) == 2


def test_instants_of_other_zones_are_put_in_order(make: Maker) -> None:
    one, other = points(days(make, [1000, 1001]))
    one = replace(one, started_at="2026-10-01T12:00:00+02:00")
    other = replace(other, started_at="2026-10-01T09:00:00")

    [found] = series_of([one, other])

    assert [point.figures["p50"] for point in found.points] == pytest.approx([1001, 1000])


def test_a_url_that_is_none_is_its_own_path(make: Maker) -> None:
    made = [plan(url="http://[::1/x")(point) for point in points(days(make, [1000, 1001]))]

    assert [len(one.points) for one in series_of(made)] == [2]


def test_a_copy_is_one_wherever_its_file_is(make: Maker) -> None:
    one, other = points(days(make, [1000, 1001]))
    other = replace(other, started_at=one.started_at)  # as of two machines that began in one second
    copy = replace(one, file="z.json", started_at=one.started_at.replace("+00:00", "Z"))

    [found] = series_of([one, other, copy])

    assert ([point.file for point in found.points], found.copies) == (["000.json", "001.json"], 1)


def test_each_system_of_a_pair_has_its_own_commit(make: Maker) -> None:
    made = document(make, 1, 1000)
    base = replace(made.systems[0], name="app@main", commit="1234" * 10)

    found = points([replace(made, systems=[base, replace(made.systems[0], base="app@main")])])

    assert [(point.system, point.commit) for point in found] == [("app@main", "1234" * 10), ("app", commit(1))]


def test_a_figure_without_an_end_is_not_known(make: Maker) -> None:
    made = document(make, 1, 1000)
    run = made.systems[0].runs[0]
    assert run.resources is not None
    server = replace(run.resources.server, cpu_s=1e308)
    endless = replace(made.systems[0], runs=[replace(run, resources=replace(run.resources, server=server))])

    [point] = points([replace(made, systems=[endless])])

    assert "cpu" not in point.figures
    assert "cpu" in points([made])[0].figures


def test_a_capacity_is_one_figure(make: Maker) -> None:
    made = capacity(make)
    assert made.capacity is not None

    [point] = points_of(made, "x.json", "2026-10-01T09:00:00")
    [found] = series_of([point])

    assert point.figures == {"capacity": made.capacity.rate_per_s}
    assert made.capacity.objective in found.conditions
