"""Which rows of a timeline are whole seconds."""

import pytest

from rush_hour.core.figures import TimelineRow
from rush_hour.core.seconds import LONGEST_SILENCE_S, silent_seconds, whole_seconds


def rows(*ends_s: float) -> list[TimelineRow]:
    return [TimelineRow(at_s=at_s, sent=1, good=1, bad=0, failed=0, p50_us=1, p99_us=1) for at_s in ends_s]


def test_what_is_cut_short_is_no_second_and_the_next_one_begins_at_its_end() -> None:
    made = rows(1.0, 2.02, 3.0, 5.4, 6.0, 6.3)

    assert [(began_s, row.at_s) for began_s, row in whole_seconds(made)] == [
        (0.0, 1.0), (1.0, 2.02), (2.02, 3.0), (3.0, 5.4),
    ]  # fmt: skip
    assert [row for _, row in whole_seconds(made, 0.5)] == made[:5]
    assert list(whole_seconds([])) == []


def test_seconds_at_the_end_in_which_nothing_came_are_known_by_the_end_of_the_run() -> None:
    assert [row.at_s for row in silent_seconds(rows(1.0, 2.02), 5.9)] == [3.0, 4.0, 5.0]
    assert [row.at_s for row in silent_seconds(rows(1.0, 1.6), 3.0)] == [3.0]
    assert [row.at_s for row in silent_seconds([], 2.0)] == [1.0, 2.0]
    assert silent_seconds(rows(1.0, 2.3), 2.0) == []


def test_no_second_before_the_first_is_silent() -> None:
    early = TimelineRow(at_s=-1e6, sent=0, good=0, bad=0, failed=0, p50_us=None, p99_us=None)

    assert [row.at_s for row in silent_seconds([early], 2.5)] == [1.0, 2.0]


@pytest.mark.parametrize("end_s", [1e6, 1e15, 1e300])
def test_a_silence_without_end_is_a_day_of_seconds_and_one_row_for_all_before_it(end_s: float) -> None:
    made = rows(1.0)
    silent = silent_seconds(made, end_s)

    seconds = list(whole_seconds([*made, *silent]))
    assert len(silent) == LONGEST_SILENCE_S
    assert seconds[1][0] == 1.0
    assert seconds[-1][1].at_s == end_s
