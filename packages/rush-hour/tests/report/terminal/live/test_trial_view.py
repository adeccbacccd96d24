import io
from dataclasses import replace

import pytest
from rich.console import Console
from trial_documents import contender

from rush_hour.judge.search.tried import Order
from rush_hour.report.terminal.live.trial_view import TrialView, known_line
from rush_hour.results.trial import Contender, Place

BEST = contender("granian", "Granian", 2000.0, Place(first=1, last=1))
OUT = Contender(name="daphne", server="daphne", title="Daphne", workers=None, threads=None, loop=None)


def view_on(*, is_terminal: bool) -> tuple[TrialView, io.StringIO, list[float]]:
    """A view on a console that keeps what is printed, and its clock."""
    printed, now_s = io.StringIO(), [100.0]
    console = Console(file=printed, force_terminal=is_terminal, width=100, no_color=True, markup=False)
    return TrialView(console, 600.0, clock=lambda: now_s[0]), printed, now_s


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (BEST, "granian: 2,000/s, 2,000 to 2,000/s"),
        (OUT, "daphne: out"),
        (contender("hypercorn", "Hypercorn", None, None), "hypercorn: no rate meets the objective"),
    ],
)
def test_what_is_known_of_a_contender_is_a_line(one: Contender, line: str) -> None:
    assert known_line(one).plain == line


def test_where_more_could_not_be_offered_there_is_no_upper_end() -> None:
    [estimate] = BEST.estimates
    open_ended = replace(BEST, estimates=[replace(estimate, high_per_s=None)])

    assert known_line(open_ended).plain == "granian: 2,000/s, 2,000 to more"


def test_without_a_terminal_each_turn_is_two_lines_with_the_time_that_is_left() -> None:
    view, printed, now_s = view_on(is_terminal=False)

    with view:
        view.step("[1/2] granian: what does it answer?")
        now_s[0] += 570.0
        view.warn("14 contenders need 9 minutes.")
        view.step("[round 1 of 1, 1/2] granian")
        view.finished(BEST)
        view.left(120.0)
        view.step("[round 1 of 1, 2/2] daphne")

    assert printed.getvalue().splitlines() == [
        "[1/2] granian: what does it answer?; 10 min left",
        "14 contenders need 9 minutes.",
        "[round 1 of 1, 1/2] granian; 30 s left",
        "granian: 2,000/s, 2,000 to 2,000/s",
        "[round 1 of 1, 2/2] daphne; 2 min left",
    ]


def test_a_terminal_shows_what_is_done_and_what_is_known_and_nothing_of_it_stays() -> None:
    view, _, _ = view_on(is_terminal=True)

    with view:
        view.step("[round 1 of 1, 1/2] granian")
        view.begins("search", Order(rate_per_s=1500.0, duration_s=2.0, purpose="search"), 20)
        assert view.head().plain == "[round 1 of 1, 1/2] granian; 10 min left"
        assert [line.plain.strip() for line in view.lines()] == ["1,500/s for 2 s on 20 connections"]
        view.waits()
        assert view.lines()[0].plain.strip() == "waiting until the server is quiet"
        view.phase("reloading under load")
        assert view.lines()[0].plain.strip() == "reloading under load"
        view.finished(BEST)
        view.finished(OUT)
        view.finished(BEST)
        assert [line.plain.strip() for line in view.lines()[1:]] == [
            "daphne: out",
            "granian: 2,000/s, 2,000 to 2,000/s",
        ]
