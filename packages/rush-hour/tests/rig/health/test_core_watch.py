"""What one process sees of its core, by a clock that a test makes."""

from collections.abc import Callable, Iterator
from itertools import accumulate, chain, repeat

import pytest

from rush_hour.rig.health.core_watch import sleep_often, watch


def clock_of(*steps_ns: int) -> Callable[[], int]:
    """Return a clock that goes on by these steps, then by 100 ns each time."""
    times: Iterator[int] = accumulate(chain([0], steps_ns, repeat(100)))
    return lambda: next(times)


def test_gaps_between_readings_are_pauses_and_not_work() -> None:
    pieces_us, pauses_us = watch(clock_of(100, 100, 5_000_000, 100, 250_000), 5_000_001, readings=5)

    assert pauses_us == [5000.0, 250.0]
    assert pieces_us[0] == pytest.approx(0.3)  # of five readings, two of which came after a pause
    assert len(pieces_us) == 1  # the first one was over after the end


def test_short_gaps_are_work() -> None:
    pieces_us, pauses_us = watch(clock_of(99_999), 0, readings=2)

    assert pauses_us == []
    assert pieces_us == pytest.approx([100.099])


def test_it_watches_until_the_end() -> None:
    pieces_us, pauses_us = watch(clock_of(), 1_000_000, readings=100)

    assert pieces_us == pytest.approx([10.0] * 100)
    assert pauses_us == []


def test_sleeps_are_late_by_what_they_were_longer() -> None:
    now_ns = 0
    lengths_ns = iter([1_050_000, 3_000_000, 1_000_000])

    def sleep(duration_s: float) -> None:
        nonlocal now_ns
        assert duration_s == 0.001
        now_ns += next(lengths_ns)

    assert sleep_often(lambda: now_ns, sleep, 4_060_000) == [50.0, 2000.0, 0.0]
