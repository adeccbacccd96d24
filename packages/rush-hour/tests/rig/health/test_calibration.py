"""A calibration, carried out."""

import os
from collections.abc import Callable

import pytest
from rig.health.broken_watches import be_gone, say_nothing

from rush_hour.errors import StartError
from rush_hour.load.kernel import MachineTicks
from rush_hour.load.local.child import Child
from rush_hour.rig.health import calibration
from rush_hour.rig.health.calibration import calibrate


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the processes that a calibration has started."""
    ids: list[int] = []

    class Noted(Child):
        def __init__(self, main: Callable[..., None], arguments: list[object]) -> None:
            super().__init__(main, arguments)
            ids.append(self.pid)

    monkeypatch.setattr(calibration, "Child", Noted)
    return ids


def check_gone(pids: list[int]) -> None:
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_each_core_is_watched_and_nothing_is_left_behind(started: list[int]) -> None:
    cpus = os.sched_getaffinity(0)
    told: list[float] = []

    noise = calibrate(1.0, cpus, told.append)

    assert (noise.took_s, noise.cores, len(started)) == (1.0, len(cpus), len(cpus))
    assert noise.late_p50_us > 0
    assert noise.speed_variation_ratio > 0
    assert 0 <= noise.paused_ratio < 1
    assert told
    check_gone(started)


def test_an_interrupt_leaves_nothing_behind(started: list[int]) -> None:
    def interrupt(_passed_s: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate(60.0, os.sched_getaffinity(0), interrupt)

    assert started
    check_gone(started)


def test_a_process_that_says_nothing_or_is_gone_ends_it(started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "START_TIMEOUT_S", 0.1)
    monkeypatch.setattr(calibration, "watch_core", say_nothing)
    with pytest.raises(StartError, match=r"^calibration: a process has said nothing for 0\.1 s\. Try again\.$"):
        calibrate(1.0, {0}, lambda _passed_s: None)

    monkeypatch.setattr(calibration, "START_TIMEOUT_S", 30.0)
    monkeypatch.setattr(calibration, "watch_core", be_gone)
    with pytest.raises(StartError, match=r"^calibration: a process has ended before it was done\. Try again\.$"):
        calibrate(1.0, {0}, lambda _passed_s: None)

    check_gone(started)


def test_steal_is_what_was_taken_meanwhile_and_unknown_where_it_is_not_told() -> None:
    before, after = MachineTicks(total=1000, steal=10), MachineTicks(total=1200, steal=14)

    assert calibration._steal_between(before, after) == 0.02
    assert calibration._steal_between(before, before) is None
    assert calibration._steal_between(None, after) is None
    assert calibration._steal_between(before, None) is None
