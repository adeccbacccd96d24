"""What became of the figures of a series: changes, surprises, and which of them are new."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from history_documents import days, latencies_us, points
from made_systems import Maker

from rush_hour.judge.history.history import History, histories_of, standing_changes
from rush_hour.judge.history.points import Point
from rush_hour.judge.history.sentence import answer_of_histories
from rush_hour.judge.history.series import series_of


def history(made: Sequence[Point], *codes: str) -> History:
    [found] = histories_of(series_of(made), margin_ratio=0.02, new_within=10, codes=codes)
    return found


def having(make: Maker, values: Sequence[float], code: str = "goodput") -> list[Point]:
    """Points that have one figure."""
    made = points(days(make, [1000] * len(values)))
    return [replace(point, figures={code: value}) for point, value in zip(made, values, strict=True)]


def test_a_figure_that_becomes_0_has_changed_without_a_ratio(make: Maker) -> None:
    found = history(having(make, [*latencies_us((20, 1000)), *[0.0] * 6]))
    [change] = found.changes

    assert (change.at, change.ratio, change.is_worse, change.level) == (20, None, True, 0.0)
    assert answer_of_histories([found]).startswith("good answers/s of app became worse (")
    assert answer_of_histories([found]).endswith(" to 0) between 00130013 and 00140014 on 2026-10-21.")


def test_more_goodput_is_better_and_more_latency_is_worse(make: Maker) -> None:
    values = latencies_us((20, 1000), (10, 1200))

    assert [history(having(make, values, code)).changes[0].is_worse for code in ("goodput", "p99")] == [False, True]
    assert standing_changes([history(having(make, values))]) == ([], [])


def test_levels_are_those_between_changes(make: Maker) -> None:
    [line] = history(having(make, latencies_us((20, 1000), (12, 1300)))).lines

    assert line.levels[0] == pytest.approx(1000, rel=0.02)
    assert line.levels[-1] == pytest.approx(1300, rel=0.02)
    assert line.levels.index(line.levels[-1]) == line.changes[0].at == 20


def test_a_change_that_was_undone_is_not_new(make: Maker) -> None:
    found = history(having(make, latencies_us((25, 1000), (8, 1200), (8, 1000)), "p99"))

    assert [(change.at, change.is_worse, change.state) for change in found.changes] == [
        (33, False, "unconfirmed"),
        (25, True, "old"),
    ]
    assert standing_changes([found]) == ([], [])


@pytest.mark.parametrize(("value", "surprises"), [(1010, False), (1250, True), (0.0, True)])
def test_the_newest_document_surprises_where_those_before_it_let_expect_another(
    make: Maker, value: float, surprises: bool
) -> None:
    found = history(having(make, [*latencies_us((20, 1000)), value]))

    assert [one.value for one in found.surprises] == [value] * surprises


def test_figures_are_judged_by_themselves_where_only_they_are_asked_for(make: Maker) -> None:
    made = points(days(make, latencies_us((20, 1000), (10, 1200))))

    assert [line.metric.code for line in history(made, "p99").lines] == ["p99"]
    assert len(history(made).lines) == 6


def test_many_changes_are_counted_and_the_newest_named(make: Maker) -> None:
    levels = [(20, 1000), (20, 1300), (20, 1000), (20, 1300), (20, 1000)]
    answer = answer_of_histories([history(having(make, latencies_us(*levels), "p99"))])

    assert answer.count(" became ") == 3
    assert answer.index("2026-12-20") < answer.index("2026-11-30") < answer.index("2026-11-10")
    assert answer.endswith("; 1 earlier change is below.")
