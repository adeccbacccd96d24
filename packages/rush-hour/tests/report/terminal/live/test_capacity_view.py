import io
import re
from dataclasses import replace

import pytest
from made_capacities import runs_of
from made_systems import Maker
from rich.console import Console

from rush_hour.judge.search.posterior import Posterior
from rush_hour.judge.search.tried import Order
from rush_hour.report.terminal.live.capacity_view import CapacityView, run_line
from rush_hour.results.capacity import CapacityStep

STEP = CapacityStep(run=2, purpose="search", verdict="met", low_per_s=900.0, high_per_s=1100.0)
ORDER = Order(rate_per_s=1000.0, duration_s=10.0, purpose="search")


def view_on(console: Console) -> CapacityView:
    return CapacityView(console, 300.0, "p99 < 1s", clock=lambda: 0.0)


def test_without_a_terminal_each_run_is_a_line(make: Maker) -> None:
    console = Console(file=io.StringIO(), width=200)
    with view_on(console) as view:
        view.phase("starting one")
        view.begins("search", ORDER, 20)
        view.phase("measuring")
        view.second(make.result.timeline[0])
        view.waits()
        view.ended(STEP, runs_of(make)[2], Posterior.around(1000.0), 280.0)

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "starting one\n800/s: met, p99 8.00 ms; 900 to 1,100/s; 280 s left\n"


def test_on_a_terminal_it_shows_what_is_tried_what_is_known_and_what_time_is_left(make: Maker) -> None:
    view = view_on(Console(file=io.StringIO(), width=200, force_terminal=True))

    view.begins("search", ORDER, 20)
    assert view.doing().plain == "trying: 1,000/s on 20 connections for 10 s"
    view.second(make.result.timeline[0])
    assert view.doing().plain.endswith("for 10 s 1,000 good/s, p50 1.00 ms, p99 1.00 ms")
    view.waits()
    assert view.doing().plain == "waiting until the server is quiet"
    view.ended(STEP, runs_of(make)[2], Posterior.around(1000.0).after(1000.0, is_met=False), 280.0)
    head, picture, ends, known, line = (one.plain for one in view.lines())
    assert head == "p99 < 1s; at most 300 s left"
    assert re.fullmatch("[ ▁▂▃▄▅▆▇]{60}", picture)
    assert re.fullmatch(r"[\d,]+/s +[\d,]+/s", ends)
    assert re.fullmatch(r"95 %: [\d.,]+ to [\d,]+/s, half of it below [\d,]+/s", known)
    assert line == "800/s: met, p99 8.00 ms; 900 to 1,100/s; 280 s left"


def test_what_it_shows_is_gone_at_the_end(make: Maker) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    with view_on(console) as view:
        view.begins("one request after the other", None, 1)
        view.ended(replace(STEP, purpose="alone"), runs_of(make)[0], None, 299.0)

    assert isinstance(console.file, io.StringIO)
    assert "one request after the other on 1 connection" in console.file.getvalue()


@pytest.mark.parametrize(
    ("number", "step", "line"),
    [
        (0, replace(STEP, purpose="alone"), "one after the other: 1,000/s, p50 1.00 ms"),
        (1, replace(STEP, purpose="burst"), "closed loop of 100: 1,000/s, p50 10.0 ms"),
        (3, replace(STEP, verdict="not met", why=["p99 is 2 s"]), "1,200/s: not met, p99 is 2 s; 900 to 1,100/s"),
        (2, replace(STEP, low_per_s=None), "800/s: met, p99 8.00 ms"),
        (
            2,
            replace(STEP, verdict="no verdict", why=["it was late: by 3 s"]),
            "800/s: no verdict, it was late; 900 to 1,100/s",
        ),
    ],
)
def test_a_run_is_told_in_a_line(make: Maker, number: int, step: CapacityStep, line: str) -> None:
    assert run_line(step, runs_of(make)[number]).plain == line


def test_a_run_that_was_ended_early_and_one_without_answers_are_told_so(make: Maker) -> None:
    run = runs_of(make)[3]
    nothing = replace(run, is_ended_early=True, result=replace(run.result, latency_us=None, elapsed_s=2.5))

    assert run_line(replace(STEP, low_per_s=None), nothing).plain == "1,200/s: met (ended after 2.5 s)"
    closed = replace(nothing, plan=replace(nothing.plan, rate_per_s=None))
    assert run_line(replace(STEP, purpose="burst"), closed).plain == "closed loop of 100: 1,000/s"
