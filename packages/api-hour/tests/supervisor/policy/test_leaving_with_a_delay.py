"""Between being told to stop and doing so: the daemon says that it stops, and serves on."""

from decided import (
    CLOSE,
    STOPPING,
    decisions_for,
    exited,
    kill,
    ready,
    retire,
    said,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Exit,
    HandoverDone,
    HandoverRequested,
    MoreWorkers,
    ReloadRequested,
    StartSuccessor,
    StopRequested,
    StopSuccessor,
    Tick,
)
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

DELAY_S = 15.0


def serving(workers: int, *, is_successor: bool = False) -> Decisions:
    """Return a daemon that serves and waits before it stops."""
    decisions = decisions_for(workers, stop_delay_s=DELAY_S, is_successor=is_successor)
    tell(decisions, Tick(), *map(ready, range(1, workers + 1)), at_s=0.0)
    return decisions


def test_the_workers_serve_on_until_the_time_is_up() -> None:
    decisions = serving(2)

    assert tell(decisions, StopRequested(), at_s=100.0) == [STOPPING]
    assert decisions.state() == "stopping"
    assert decisions.next_wake_at_s() == 100.0 + DELAY_S
    assert tell(decisions, Tick(), at_s=99.9 + DELAY_S) == []
    assert tell(decisions, Tick(), at_s=100.0 + DELAY_S) == [CLOSE, *stop(1, 2)]
    assert tell(decisions, exited(1, 0), exited(2, 0), at_s=120.0) == [Exit(exit_code=0, reason="stopped")]


def test_the_wait_is_said() -> None:
    assert said(serving(1), StopRequested(), at_s=100.0) == ["stopping in 15 s, and serving until then"]


def test_a_worker_that_falls_meanwhile_is_replaced() -> None:
    decisions = serving(2)
    tell(decisions, StopRequested(), at_s=100.0)

    assert tell(decisions, exited(1), at_s=101.0) == start(3)


def test_a_second_stop_ends_the_wait_and_a_third_kills() -> None:
    decisions = serving(1)
    tell(decisions, StopRequested(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == [CLOSE, *stop(1)]
    assert tell(decisions, StopRequested(), at_s=102.0) == kill(1, KillReason.AT_ONCE)


def test_a_stop_at_once_waits_for_nothing() -> None:
    assert tell(serving(1), StopRequested(at_once=True), at_s=100.0) == [
        STOPPING,
        CLOSE,
        *kill(1, KillReason.AT_ONCE),
    ]
    decisions = serving(1)
    tell(decisions, StopRequested(), at_s=100.0)
    assert tell(decisions, StopRequested(at_once=True), at_s=101.0) == [CLOSE, *kill(1, KillReason.AT_ONCE)]


def test_nothing_is_begun_meanwhile() -> None:
    decisions = serving(1)
    tell(decisions, StopRequested(), at_s=100.0)

    for event in (ReloadRequested(), MoreWorkers(), HandoverRequested()):
        assert said(decisions, event, at_s=101.0) == ["the daemon is ending: nothing is begun any more"]


def test_a_reload_that_has_begun_goes_no_further() -> None:
    decisions = serving(2)
    tell(decisions, ReloadRequested(), at_s=99.0)

    assert tell(decisions, StopRequested(), at_s=100.0) == [STOPPING]
    assert tell(decisions, ready(3), at_s=101.0) == retire(1, RetireReason.FEWER_WORKERS)
    assert tell(decisions, exited(1, 0), at_s=102.0) == []
    assert tell(decisions, Tick(), at_s=100.0 + DELAY_S) == [CLOSE, *stop(2, 3)]


def test_a_successor_that_comes_up_is_stopped_at_once() -> None:
    decisions = serving(1)
    assert tell(decisions, HandoverRequested(), at_s=99.0) == [StartSuccessor()]

    assert tell(decisions, StopRequested(), at_s=100.0) == [STOPPING, StopSuccessor()]
    assert tell(decisions, HandoverDone(), at_s=101.0) == []
    assert tell(decisions, Tick(), at_s=100.0 + DELAY_S) == [CLOSE, *stop(1)]


def test_a_daemon_that_does_not_serve_yet_has_nobody_to_warn() -> None:
    decisions = decisions_for(1, stop_delay_s=DELAY_S)
    tell(decisions, Tick(), at_s=0.0)

    assert tell(decisions, StopRequested(), at_s=1.0) == [STOPPING, CLOSE, *stop(1)]


def test_nor_has_one_that_another_still_serves_for() -> None:
    decisions = decisions_for(2, stop_delay_s=DELAY_S, is_successor=True)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, StopRequested(), at_s=1.0)[:2] == [STOPPING, CLOSE]
