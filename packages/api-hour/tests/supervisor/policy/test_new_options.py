"""Reloads that bring new options, and those that are refused."""

from dataclasses import replace
from typing import Any

from decided import (
    DRAIN_TIMEOUT_S,
    GRACEFUL_TIMEOUT_S,
    HEARTBEAT_TIMEOUT_S,
    READY,
    RELOADING,
    alive,
    decisions_for,
    dump,
    exited,
    ready,
    retire,
    said,
    serve,
    serving,
    start,
    tell,
)

from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    MoreWorkers,
    ReloadRefused,
    ReloadRequested,
    StartWorker,
    StopRequested,
    Tick,
)
from api_hour.supervisor.policy.lives import KILL_MARGIN_S
from api_hour.supervisor.policy.pool import Phase
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

RELOAD, FEWER = RetireReason.RELOAD, RetireReason.FEWER_WORKERS


def reload_with(decisions: Decisions, **options: Any) -> ReloadRequested:
    return ReloadRequested(options=replace(decisions.policy.options, **options))


def test_more_workers_are_started_at_once_and_the_old_ones_replaced_when_they_serve() -> None:
    decisions = serving(2)

    assert tell(decisions, reload_with(decisions, workers=4), at_s=100.0) == [RELOADING, *start(3, 4, 5)]
    assert tell(decisions, ready(3), ready(4), at_s=101.0) == []
    assert tell(decisions, ready(5), at_s=102.0) == [*retire(1, RELOAD), *start(6)]
    assert tell(decisions, ready(6), at_s=103.0) == [*retire(2, RELOAD), READY]
    assert decisions.workers == 4


def test_fewer_workers_are_wanted_and_the_last_old_one_goes_when_its_replacement_serves() -> None:
    decisions = serving(4)

    assert tell(decisions, reload_with(decisions, workers=1), at_s=100.0) == [
        RELOADING, *retire(1, RELOAD), *retire(2, RELOAD), *retire(3, RELOAD),
    ]  # fmt: skip
    assert tell(decisions, exited(1, 0), at_s=101.0) == start(5)
    assert tell(decisions, ready(5), at_s=102.0) == [*retire(4, RELOAD), READY]
    assert decisions.workers == 1


def test_workers_that_were_added_by_a_signal_stay_unless_another_number_is_said() -> None:
    decisions = serving(2)
    tell(decisions, MoreWorkers(), at_s=50.0)

    tell(decisions, reload_with(decisions, workers=2), at_s=100.0)
    assert decisions.workers == 3

    assert said(decisions, reload_with(decisions, workers=1), at_s=101.0)[0] == "1 workers are wanted"
    assert decisions.workers == 1


def test_a_worker_has_the_time_to_end_that_it_was_told_of_when_it_was_started() -> None:
    decisions = serving(1)
    tell(decisions, reload_with(decisions, drain_timeout_s=0.0, graceful_timeout_s=1.0), at_s=100.0)

    assert tell(decisions, ready(2), at_s=101.0) == [*retire(1, RELOAD), READY]

    end_at_s = 101.0 + DRAIN_TIMEOUT_S + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
    assert tell(decisions, Tick(), at_s=end_at_s - 0.1) == []
    assert tell(decisions, Tick(), at_s=end_at_s) == dump(1, KillReason.GRACEFUL_TIMEOUT)


def test_a_worker_beats_as_often_as_it_was_told_when_it_was_started() -> None:
    decisions = serve(decisions_for(1, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S))
    tell(decisions, alive(1), at_s=10.0)
    tell(decisions, reload_with(decisions, heartbeat_timeout_s=1.0), at_s=10.0)

    assert tell(decisions, Tick(), at_s=12.0) == []
    tell(decisions, ready(2), at_s=12.0)
    assert tell(decisions, Tick(), at_s=13.0) == dump(2, KillReason.HEARTBEAT_TIMEOUT)


def test_new_workers_have_the_new_limits() -> None:
    decisions = serving(1)

    actions = tell(decisions, reload_with(decisions, max_requests=7, max_lifetime_s=50.0), at_s=100.0)

    assert actions == [RELOADING, StartWorker(worker_id=2, request_limit=7)]
    tell(decisions, ready(2), exited(1, 0), at_s=101.0)
    assert StartWorker(worker_id=3, request_limit=7) in tell(decisions, Tick(), at_s=151.0)


def test_the_new_delay_counts_for_a_stop() -> None:
    decisions = serving(1)
    tell(decisions, reload_with(decisions, stop_delay_s=5.0), ready(2), exited(1, 0), at_s=100.0)

    assert said(decisions, StopRequested(), at_s=101.0) == ["stopping in 5 s, and serving until then"]


def test_options_of_a_reload_that_fails_count_for_those_that_are_started_afterwards() -> None:
    decisions = serving(1)
    tell(decisions, reload_with(decisions, max_requests=7), exited(2, 3, "SyntaxError"), at_s=100.0)

    assert decisions.phases() == {1: Phase.SERVING}
    assert StartWorker(worker_id=3, request_limit=7) in tell(decisions, exited(1), Tick(), at_s=200.0)


def test_a_reload_that_is_refused_changes_nothing_and_the_service_manager_need_not_wait() -> None:
    decisions = serving(2)

    assert tell(decisions, ReloadRefused(reason="no"), at_s=100.0) == [RELOADING, READY]
    assert said(decisions, ReloadRefused(reason="workers: no"), at_s=100.0) == [
        "! reload refused, everything stays as it is: workers: no"
    ]

    assert decisions.phases() == {1: Phase.SERVING, 2: Phase.SERVING}
    assert (decisions.reload.begun, decisions.reload.failed, decisions.reload.failure) == (2, 2, "workers: no")
    tell(decisions, ReloadRequested(), at_s=101.0)
    assert decisions.reload.failure == ""


def test_a_reload_that_runs_goes_on_when_another_is_refused() -> None:
    decisions = serving(1)
    tell(decisions, ReloadRequested(), at_s=100.0)

    assert tell(decisions, ReloadRefused(reason="no"), at_s=100.5) == []
    assert tell(decisions, ready(2), at_s=101.0) == [*retire(1, RELOAD), READY]


def test_a_daemon_that_ends_is_asked_for_no_reload() -> None:
    decisions = serving(1)
    tell(decisions, StopRequested(), at_s=100.0)

    assert said(decisions, ReloadRefused(reason="no"), at_s=100.0) == [
        "the daemon is ending: nothing is begun any more"
    ]
    assert decisions.reload.failed == 0
