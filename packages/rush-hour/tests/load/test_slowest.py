"""The slowest requests of a run, from the loops that sent them to the result."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from in_process_load import drive_all
from load_runs import plan_for
from rig.deadlines import TIMEOUT_S
from scripted_server import OK, ScriptedServer

from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant
from rush_hour.core.figures import TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.load.local.processes import Processes
from rush_hour.load.plan import parse_url
from rush_hour.load.run import Observer, assemble, run_load
from rush_hour.load.workload.mix import RequestMix
from rush_hour.load.workload.request import build_request

Serve = Callable[..., ScriptedServer]
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def test_each_of_few_requests_is_told_of_with_its_answer(serve: Serve) -> None:
    server = serve(lambda number: UNAVAILABLE if number == 2 else OK)

    result = drive_all(server.url, 5, connections=1).result

    assert [(slow.status, slow.is_good) for slow in sorted(result.slowest, key=lambda slow: slow.due_at_s)] == [
        (200, True), (200, True), (503, False), (200, True), (200, True),
    ]  # fmt: skip
    assert {(slow.connection, slow.request) for slow in result.slowest} == {(0, None)}
    latencies_us = [slow.latency_us for slow in result.slowest]
    assert latencies_us == sorted(latencies_us, reverse=True)
    assert all(0 < slow.service_time_us <= slow.latency_us for slow in result.slowest)


def mix_with_one(name: str, url: str, requests: int) -> tuple[RequestMix, int]:
    """Return a mix of which one of the first so many requests has another name, and the number of that one."""
    one, other = (replace(build_request(parse_url(url)._replace(path=f"/{of}")), name=of) for of in (name, "quick"))
    for seed in range(10_000):
        mix = RequestMix((one, other), (1, requests), seed)
        names = [mix.get(number, 0).name for number in range(requests)]
        if names.count(name) == 1 and names.index(name) < requests // 10:
            return mix, names.index(name)
    raise AssertionError("no seed draws one")


@pytest.mark.parametrize("arrivals", [ClosedLoop(), Constant(rate_per_s=200)])
def test_a_request_that_was_held_up_is_among_the_slowest_of_all_processes(serve: Serve, arrivals: Arrivals) -> None:
    """It is answered when most have come, on the connections of both processes.

    That is a good third of the run, however slow the machine is: of the other three connections none can have more than
    three that took as long.
    """
    has_come = threading.Event()

    def script(number: int) -> bytes:
        if number == 140:  # as many as the other connections can send, and a few
            has_come.set()
        if b"/held-up" in server.requests[number]:
            assert has_come.wait(TIMEOUT_S)
        return OK

    server = serve(script)
    mix, number = mix_with_one("held-up", server.url, requests=200)
    plan = plan_for(server.url, arrivals=arrivals, duration_s=60.0, max_requests=200, connections=4, timeout_s=60.0)

    result = run_load(replace(plan, requests=mix)).result

    assert len(result.slowest) == 10
    [held_up] = [slow for slow in result.slowest if slow.request == "held-up"]
    assert held_up.connection == number % 4
    assert held_up.service_time_us <= held_up.latency_us
    assert result.latency_us is not None
    assert result.slowest[0].latency_us == pytest.approx(result.latency_us.max, rel=0.002)
    if isinstance(arrivals, Constant):
        assert held_up.due_at_s == pytest.approx(number / 200)


def test_nothing_of_the_warm_up_is_told_of(serve: Serve) -> None:
    warmup = Schedule(arrivals=ClosedLoop(), duration_s=60.0, connections=1, max_requests=50)

    result = drive_all(serve().url, 3, connections=1, warmup=warmup).result

    assert len(result.slowest) == 3


def test_after_ctrl_c_the_slowest_until_then_are_told_of(serve: Serve) -> None:
    rows: list[TimelineRow] = []

    def interrupt_once(row: TimelineRow) -> None:
        if not rows:
            os.kill(os.getpid(), signal.SIGINT)
        rows.append(row)

    asked: list[object] = []
    observer = Observer(on_second=interrupt_once, on_connections=asked.append)

    run = run_load(plan_for(serve().url, duration_s=60.0), observer)

    assert run.is_interrupted
    assert len(run.result.slowest) == 10
    assert asked == []  # connections are closed by then


def test_those_of_a_process_that_was_killed_are_missing(serve: Serve) -> None:
    plan = plan_for(serve().url, arrivals=ClosedLoop(), duration_s=60.0, max_requests=200, connections=4)
    with Processes(plan) as processes:
        opened = processes.open_connections()
        outcome = processes.run(plan.schedule)

    result = assemble(plan, replace(outcome, done=[None, outcome.done[1]]), open_at_start=opened)

    assert {slow.connection for slow in result.slowest} <= {1, 3}
    assert len(result.slowest) == 10
