"""The end of a daemon by a successor that takes over, seen by both."""

from decided import (
    BOOT_TIMEOUT_S,
    CLOSE,
    READY,
    STOPPING,
    SUCCESSOR_IS_MAIN,
    decisions_for,
    exited,
    ready,
    retire,
    said,
    serve,
    serving,
    start,
    stop,
    tell,
)

from api_hour.supervisor.policy.events import (
    Exit,
    HandoverDone,
    HandoverFailed,
    HandoverRequested,
    ReloadRequested,
    StartSuccessor,
    StopRequested,
    StopSuccessor,
    Tick,
)
from api_hour.supervisor.policy.leaving import HANDOVER_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import RetireReason

# Handover.


def test_a_successor_that_serves_ends_this_supervisor_when_its_workers_are_drained() -> None:
    decisions = serving(2)

    assert tell(decisions, HandoverRequested(), at_s=100.0) == [StartSuccessor()]
    assert tell(decisions, HandoverDone(), at_s=101.0) == [
        SUCCESSOR_IS_MAIN,
        *retire(1, RetireReason.OTHER_SUPERVISOR),
        *retire(2, RetireReason.OTHER_SUPERVISOR),
    ]
    assert tell(decisions, HandoverFailed(reason="ended"), exited(1, 0), at_s=102.0) == []
    assert tell(decisions, exited(2, 0), at_s=103.0) == [Exit(exit_code=0, reason="handed over")]


def test_workers_that_boot_or_retire_already_are_not_retired_by_a_handover() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), ready(2), ReloadRequested(), HandoverRequested(), at_s=100.0)
    assert decisions.phases() == {1: Phase.RETIRING, 2: Phase.SERVING, 3: Phase.BOOTING}

    assert tell(decisions, HandoverDone(), at_s=101.0) == [
        READY,  # the reload is over
        SUCCESSOR_IS_MAIN,
        *retire(2, RetireReason.OTHER_SUPERVISOR),
        *stop(3),
    ]


def test_a_stop_after_a_handover_cuts_the_drain_short() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), HandoverDone(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == stop(1)
    assert tell(decisions, exited(1, 0), at_s=102.0) == [Exit(exit_code=0, reason="handed over")]


def test_a_successor_that_ends_is_said_and_this_supervisor_goes_on() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert said(decisions, HandoverFailed(reason="pid 7, ended with exit code 3"), at_s=101.0) == [
        "! the successor pid 7, ended with exit code 3: this supervisor goes on"
    ]
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, HandoverRequested(), at_s=102.0) == [StartSuccessor()]


def test_one_successor_is_enough() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert said(decisions, HandoverRequested(), at_s=101.0) == ["a successor is coming up already"]


def test_a_successor_that_does_not_serve_in_time_is_stopped() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)
    late_at_s = 100.0 + BOOT_TIMEOUT_S + HANDOVER_MARGIN_S

    assert decisions.next_wake_at_s() == late_at_s
    assert said(decisions, Tick(), at_s=late_at_s) == ["! the successor does not serve in time: stopping it"]
    assert decisions.next_wake_at_s() is None
    assert tell(decisions, HandoverFailed(reason="ended"), HandoverRequested(), at_s=late_at_s + 1) == [
        StartSuccessor()
    ]
    assert tell(decisions, Tick(), at_s=late_at_s * 3) == [StopSuccessor()]


def test_a_successor_may_take_as_long_as_its_workers_may() -> None:
    decisions = serve(decisions_for(1, boot_timeout_s=0.0))

    assert tell(decisions, HandoverRequested(), at_s=100.0) == [StartSuccessor()]
    assert decisions.next_wake_at_s() is None


def test_a_stop_stops_the_successor_that_comes_up() -> None:
    decisions = serving(1)
    tell(decisions, HandoverRequested(), at_s=100.0)

    assert tell(decisions, StopRequested(), at_s=101.0) == [STOPPING, StopSuccessor(), CLOSE, *stop(1)]
    assert tell(decisions, HandoverDone(), HandoverFailed(reason="ended"), at_s=102.0) == []


def test_a_word_of_a_successor_that_nobody_asked_for_changes_nothing() -> None:
    decisions = serving(1)

    assert tell(decisions, HandoverDone(), HandoverFailed(reason="ended"), at_s=100.0) == []


# As a successor.


def test_a_successor_gives_up_at_its_first_failure_and_drains_the_workers_that_serve_already() -> None:
    decisions = decisions_for(3, is_successor=True)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, exited(2, 3, "broken"), at_s=1.0) == [*retire(1, RetireReason.OTHER_SUPERVISOR), *stop(3)]
    tell(decisions, exited(3, 0), at_s=2.0)
    assert tell(decisions, exited(1, 0), at_s=2.0) == [
        Exit(exit_code=3, reason="no worker came up; the last said: broken")
    ]


def test_a_successor_that_is_stopped_before_all_its_workers_serve_drains_them() -> None:
    decisions = decisions_for(2, is_successor=True)
    tell(decisions, Tick(), ready(1), at_s=0.0)

    assert tell(decisions, StopRequested(), at_s=1.0) == [
        STOPPING,
        CLOSE,
        *retire(1, RetireReason.OTHER_SUPERVISOR),
        *stop(2),
    ]


def test_a_successor_whose_workers_have_served_is_a_supervisor_as_any_other() -> None:
    decisions = serve(decisions_for(2, is_successor=True))

    assert tell(decisions, exited(1), at_s=1.0) == []
    assert tell(decisions, Tick(), at_s=2.0) == start(3)
    assert tell(decisions, StopRequested(), at_s=3.0) == [STOPPING, CLOSE, *stop(2, 3)]
