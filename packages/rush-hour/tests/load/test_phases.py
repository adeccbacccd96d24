"""Profiles against real servers: each request is counted in the phase in which it was due. No test asserts a time."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from load_runs import HELLO, plan_for, run
from profiles import exact_integral, made_of, profile_of
from queue_server import capacity_of
from scripted_server import OK, ScriptedServer

from rush_hour.core.profiled_arrivals import arrivals_of
from rush_hour.core.schedule import Schedule
from rush_hour.judge.recovery import recoveries_of
from rush_hour.load.local.processes import Processes
from rush_hour.load.plan import parse_url
from rush_hour.load.run import assemble, run_load
from rush_hour.load.workload.mix import RequestMix
from rush_hour.load.workload.request import build_request
from rush_hour.results.run import LoadResult

Serve = Callable[..., ScriptedServer]


def assert_phases_add_up(result: LoadResult) -> None:
    """Hold the sums over phases against those of the run, and of its named requests."""
    phases = result.phases
    assert sum(phase.due for phase in phases) == result.requests_due
    assert sum(phase.sent for phase in phases) == result.requests_sent
    assert sum(phase.good for phase in phases) == result.responses_good
    assert sum(phase.bad for phase in phases) == result.responses_bad
    assert sum(phase.failed for phase in phases) == result.requests_failed
    assert sum(phase.latency_us.count for phase in phases if phase.latency_us is not None) == result.responses_good
    assert sum(phase.send_lag_us.count for phase in phases if phase.send_lag_us is not None) == result.requests_sent
    for name in ("sent", "good", "bad", "failed") if result.requests else ():
        assert sum(getattr(one, name) for one in result.requests) == sum(getattr(one, name) for one in phases)


def test_each_phase_has_the_requests_that_were_due_in_it(serve: Serve) -> None:
    server, profile = serve(), made_of((100, 100, 0.4), (100, 300, 0.4), (0, 0, 0.2), (50, 50, 0.4))

    result = run(server.url, arrivals=arrivals_of(profile), duration_s=profile.duration_s)

    assert [(phase.name, phase.due, phase.good, phase.begins_at_s, phase.duration_s) for phase in result.phases] == [
        ("phase 1", 40, 40, 0.0, 0.4),
        ("phase 2", 80, 80, 0.4, 0.4),
        ("phase 3", 0, 0, 0.8, 0.2),
        ("phase 4", 20, 20, 1.0, 0.4),
    ]
    assert [phase.offered_per_s for phase in result.phases] == [100, 200, 0, 50]
    assert (result.phases[2].latency_us, result.phases[2].histogram_us) == (None, None)
    assert result.phases[1].goodput_per_s == 200
    assert_phases_add_up(result)


def test_requests_are_sent_when_the_integral_of_the_rate_says(serve: Serve) -> None:
    server, profile = serve(), profile_of("ramp:0..400/1s")

    result = run(server.url, arrivals=arrivals_of(profile), duration_s=1.0)

    assert result.requests_due == len(server.requests) == exact_integral(profile, 10**9) == 200


@pytest.mark.parametrize("seed", [None, 4])
def test_names_and_phases_are_told_apart_and_both_add_up(serve: Serve, seed: int | None) -> None:
    bad = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    server = serve(lambda number: bad if number % 3 == 0 else None if number % 3 == 1 else OK)
    url = parse_url(server.url)
    mix = RequestMix(
        tuple(replace(build_request(url, expectation=HELLO), name=name) for name in ("one", "two", "three")), [3, 2, 1]
    )
    profile = profile_of("steps:100,200,300/400ms")

    result = run(server.url, arrivals=arrivals_of(profile, seed), duration_s=profile.duration_s, requests=mix)

    assert [one.name for one in result.requests] == ["one", "two", "three"]
    assert all(one.sent > 0 for one in result.requests)
    assert all(phase.bad > 0 and phase.failed > 0 for phase in result.phases)
    assert {one.request for one in result.slowest} <= {"one", "two", "three"}
    assert_phases_add_up(result)


def test_requests_that_never_get_a_connection_fail_in_their_phase(serve: Serve) -> None:
    def script(number: int) -> bytes:
        if number == 30:
            server.stop()
        return OK

    server = serve(script)
    profile = made_of((100, 100, 0.2), (100, 100, 0.8))

    result = run(server.url, arrivals=arrivals_of(profile), duration_s=1.0, connection_per_request=True)

    assert result.phases[0].good == 20
    assert result.phases[1].failed >= 50
    assert_phases_add_up(result)


def test_what_is_not_answered_at_the_end_was_due_in_its_phase(serve: Serve) -> None:
    def script(number: int) -> bytes:
        if number >= 40:
            time.sleep(0.5)
        return OK

    server = serve(script)
    profile = made_of((100, 100, 0.3), (100, 200, 0.5))

    result = run(server.url, arrivals=arrivals_of(profile), duration_s=profile.duration_s, connections=4)

    assert [phase.due for phase in result.phases] == [30, 75]
    assert result.unanswered_at_end > 0
    assert_phases_add_up(result)


@pytest.mark.parametrize("seed", [None, 4])
def test_a_run_that_is_cut_short_has_the_phases_that_it_began(serve: Serve, seed: int | None) -> None:
    def script(number: int) -> bytes:
        if number == 150:
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
        return OK

    server = serve(script)
    profile = made_of((200, 200, 0.5), (200, 200, 30), (200, 200, 30))

    plan = plan_for(server.url, arrivals=arrivals_of(profile, seed), duration_s=profile.duration_s)
    cut = run_load(plan)

    assert cut.is_interrupted
    assert [phase.name for phase in cut.result.phases] == ["phase 1", "phase 2"]
    assert cut.result.phases[1].duration_s < 30
    assert_phases_add_up(cut.result)


def test_a_warm_up_is_in_no_phase(serve: Serve) -> None:
    server, profile = serve(), profile_of("steps:100,200/300ms")
    schedule = Schedule(arrivals=arrivals_of(profile), duration_s=profile.duration_s, connections=10)

    result = run(server.url, arrivals=schedule.arrivals, duration_s=profile.duration_s, warmup=schedule.warm_up(0.2))

    assert [phase.due for phase in result.phases] == [30, 60]
    assert len(server.requests) == 20 + 90
    assert_phases_add_up(result)


@pytest.mark.parametrize("seed", [None, 4])
def test_of_a_process_that_was_killed_it_is_known_what_must_have_been_due(serve: Serve, seed: int | None) -> None:
    profile = profile_of("steps:100,200/300ms")
    plan = plan_for(serve().url, arrivals=arrivals_of(profile, seed), duration_s=profile.duration_s)
    with Processes(plan) as processes:
        processes.open_connections()
        outcome = processes.run(plan.schedule)

    killed = replace(outcome, done=[None, None])
    whole, without = assemble(plan, outcome, open_at_start=10), assemble(plan, killed, open_at_start=10)

    assert [phase.due for phase in without.phases] == [phase.due for phase in whole.phases]
    assert without.requests_due == whole.requests_due
    early = assemble(plan, replace(killed, elapsed_ns=10**8), open_at_start=10)
    assert [phase.name for phase in early.phases] == ["step 1"]
    answered = whole.requests_due - whole.unanswered_at_end
    assert answered <= early.requests_due <= whole.requests_due  # that was due, whatever the clock says


@pytest.mark.alone
def test_the_time_to_recover_is_that_of_the_servers_queue(serve: Serve) -> None:
    server = serve(
        capacity_of(100, way_s=0.2)
    )  # the queue of the peak is (200 - 100) * 2, and drains at 100 - 50 a second: 4 s
    profile = profile_of("spike:50..200/2s/15s")

    plan = plan_for(
        server.url, arrivals=arrivals_of(profile), duration_s=profile.duration_s, connections=60, timeout_s=10.0
    )
    [recovery] = recoveries_of(run_load(plan))

    assert (recovery.phase, recovery.at_s, recovery.outcome) == ("peak", 7.0, "recovered")
    assert recovery.took_s in {4, 5}  # seconds are told apart


@pytest.mark.alone
def test_a_queue_that_is_not_drained_at_the_end_is_not_recovered_from(serve: Serve) -> None:
    server = serve(capacity_of(100, way_s=0.2))  # (300 - 100) * 2 drains at 100 - 70 a second: 13 s
    profile = profile_of("spike:70..300/2s/9s")

    plan = plan_for(
        server.url, arrivals=arrivals_of(profile), duration_s=profile.duration_s, connections=60, timeout_s=10.0
    )
    [recovery] = recoveries_of(run_load(plan))

    assert (recovery.outcome, recovery.took_s, recovery.watched_s) == ("not-recovered", None, 4.0)
