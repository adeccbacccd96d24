"""A run ends early only when nothing that is still due could save its objective."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.judge.search.lost import Losses


def second(latencies_us: list[int], *, bad: int = 0, failed: int = 0) -> TimelineRow:
    histogram = Histogram()
    if latencies_us:
        histogram.record_ns(np.array(latencies_us) * 1000)
    return TimelineRow(
        at_s=1.0, sent=len(latencies_us), good=len(latencies_us), bad=bad, failed=failed, p50_us=1, p99_us=1,
        histogram_us=histogram.encode() if latencies_us else None,
    )  # fmt: skip


def lost(text: str, rows: list[TimelineRow], due: float = 1000.0) -> str | None:
    losses = Losses(parse_objective(text, what="--slo"), due)
    for row in rows:
        losses.add(row)
    return None if losses.lost is None else losses.lost.text


@pytest.mark.parametrize(
    ("text", "slow", "is_lost"),
    [
        ("p99 < 10ms", 11, False),
        ("p99 < 10ms", 12, True),
        ("p99 <= 10ms", 12, True),
        ("p50 < 10ms", 501, False),
        ("p50 < 10ms", 502, True),
        ("max < 10ms", 1, False),
        ("max < 10ms", 2, True),
        ("mean < 10ms", 900, False),
        ("p99 > 10ms", 900, False),
        ("service.p99 < 10ms", 900, False),
        ("p99[a] < 10ms", 900, False),
        ("p99 < 10ms @5s..", 900, False),
    ],
)
def test_a_percentile_is_lost_when_more_answers_were_too_slow_than_it_leaves(
    text: str, slow: int, *, is_lost: bool
) -> None:
    assert lost(text, [second([20_000] * slow + [1000] * 50)]) == (text if is_lost else None)


def test_slow_answers_of_all_seconds_count() -> None:
    assert lost("p99 < 10ms", [second([20_000] * 4)] * 2) is None
    assert lost("p99 < 10ms", [second([20_000] * 4)] * 3) == "p99 < 10ms"


@pytest.mark.parametrize(
    ("text", "faulty", "is_lost"),
    [
        ("good >= 99%", 10, False),
        ("good >= 99%", 11, True),
        ("good > 99%", 11, True),
        ("errors <= 1%", 11, True),
        ("errors < 1%", 10, False),
        ("errors > 1%", 900, False),
        ("goodput > 900/s", 900, False),
        ("good >= 99% @5s..", 900, False),
    ],
)
def test_a_share_is_lost_when_more_went_wrong_than_it_leaves(text: str, faulty: int, *, is_lost: bool) -> None:
    assert lost(text, [second([], bad=faulty - 1, failed=1)]) == (text if is_lost else None)


def test_the_first_clause_that_is_lost_is_named() -> None:
    assert lost("goodput > 1/s, p99 < 1ms, good > 99%", [second([5000] * 500, bad=900)]) == "p99 < 1ms"


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=300), st.integers(0, 299))
def test_what_is_said_to_be_lost_is_missed_in_the_end(latencies_us: list[int], seen: int) -> None:
    limit_us = 500_000
    said = lost("p99 < 500ms", [second(latencies_us[:seen])], due=len(latencies_us))

    whole = Histogram()
    whole.record_ns(np.array(latencies_us) * 1000)
    if said is not None:
        assert whole.percentile_us(99) >= limit_us
