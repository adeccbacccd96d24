"""Faults of the load generator itself: they are named as its own, and the server is not blamed."""

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from in_process_load import drive, drive_all
from load_runs import HELLO, plan_for, run
from scripted_server import OK, ScriptedServer

from rush_hour.core.arrivals import ClosedLoop, Poisson
from rush_hour.core.faults import GENERATOR_FAULTS
from rush_hour.errors import StartError
from rush_hour.load.local.processes import Processes
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.run import assemble
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import build_request
from rush_hour.load.workload.script import Script

Serve = Callable[..., ScriptedServer]
SERVER_IS_BLAMED = ("The server does not hold", "The server refused", "the server was gone", "say what went wrong")


def test_between_the_first_and_the_last_second_hardly_a_page_is_faulted_in(serve: Serve) -> None:
    result = run(serve().url, rate_per_s=1000, duration_s=5.0, connections=50, processes=1)

    assert result.generator.page_faults_per_s is not None
    assert result.generator.page_faults_per_s < 10
    assert result.generator.major_page_faults_per_s == 0


@pytest.mark.parametrize("changes", [{"connection_per_request": True}, {"arrivals": Poisson(rate_per_s=500, seed=0)}])
def test_no_way_to_load_needs_new_memory(serve: Serve, changes: dict[str, object]) -> None:
    result = run(serve().url, rate_per_s=500, duration_s=4.0, connections=50, processes=1, **changes)  # type: ignore[arg-type]  # the plan's own fields

    assert result.generator.page_faults_per_s is not None
    assert result.generator.page_faults_per_s < 10


def test_a_run_of_three_seconds_is_too_short_to_count_page_faults(serve: Serve) -> None:
    result = run(serve().url, duration_s=1.0)

    assert result.generator.page_faults_per_s is None
    assert result.generator.own_pause_us is not None
    assert result.generator.durations_lost == 0


def test_a_generator_that_was_stopped_charges_no_request_with_that_time(serve: Serve) -> None:
    """It is stopped for longer than the timeout, with requests in flight that are answered meanwhile."""
    held, stopped = threading.Event(), threading.Event()

    def script(number: int) -> bytes:
        if number == 60:
            held.set()
            stopped.wait(20)
        return OK

    server = serve(script)
    plan = plan_for(server.url, rate_per_s=50, duration_s=4.0, processes=1, timeout_s=1.5)

    def stop(processes: Processes) -> None:
        assert held.wait(10)
        pid = processes._processes[0].pid
        os.kill(pid, signal.SIGSTOP)
        stopped.set()
        time.sleep(2.0)  # this is how long it stands still
        os.kill(pid, signal.SIGCONT)

    with Processes(plan) as processes:
        opened = processes.open_connections()
        stopper = threading.Thread(target=stop, args=(processes,))
        stopper.start()
        outcome = processes.run(plan.schedule)
        stopper.join()
    result = assemble(plan, outcome, open_at_start=opened)

    assert result.errors == {}
    assert result.requests_due == 200
    assert result.responses_good == result.requests_sent > 180
    assert result.generator.stalled_s > 1.0
    assert result.generator.unjudged >= 1


def test_a_script_that_stands_still_is_the_generators_own_pause(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    script = tmp_path / "script.py"
    script.write_text("import time\ndef request(number):\n    number == 21 and time.sleep(0.5)\n    return '/'\n")
    url = parse_url(server.url)
    requests = Script(script, url, build_request(url, expectation=HELLO))

    report = drive_all(server.url, 60, requests=requests)

    assert report.result.responses_good == 60
    assert report.result.generator.stalled_s > 0.3
    assert report.verdict.warnings[0].code == "generator-stalled"
    assert not report.verdict.trusted


@pytest.mark.parametrize("name", GENERATOR_FAULTS)
@pytest.mark.parametrize("way", [{}, {"connection_per_request": True}, {"arrivals": ClosedLoop()}])
def test_what_this_machine_has_not_enough_of_is_named_as_that(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str, way: dict[str, object]
) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    server = serve(lambda _number: closing)
    code = getattr(errno, name)
    opened = []
    open_socket = Address.open_socket

    def open_some(self: Address, **options: object) -> socket.socket:
        opened.append(1)
        if len(opened) > 12:
            raise OSError(code, os.strerror(code))
        return open_socket(self, **options)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(Address, "open_socket", open_some)

    report = drive(plan_for(server.url, duration_s=0.4, processes=1, **way))  # type: ignore[arg-type]  # the plan's own fields

    assert report.result.responses_good > 0
    assert set(report.result.errors) <= {f"generator:{name}"}
    assert report.result.connections.connect_failures[name] > 0
    assert not report.verdict.trusted
    assert "generator-faults" in [doubt.code for doubt in report.verdict.warnings]
    hints = [doubt.hint for doubt in report.verdict.warnings]
    assert not [hint for hint in hints for blame in SERVER_IS_BLAMED if blame in hint]


def test_no_connection_for_want_of_something_says_what_to_do(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()

    def open_none(_self: Address, **_options: object) -> socket.socket:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")

    monkeypatch.setattr(Address, "open_socket", open_none)

    with pytest.raises(StartError) as caught:
        ask_once(build_request(parse_url(server.url)), destination_of(parse_url(server.url)).resolve())

    assert str(caught.value) == (
        f"URL: unable to connect to 127.0.0.1:{server.port}: Cannot assign requested address. "
        "Open fewer new connections, widen net.ipv4.ip_local_port_range, or send from more addresses (--source)."
    )


def test_durations_for_which_there_is_no_room_are_told_and_the_counts_are_right(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("ring", "injector.ring_writer", "local.ring_reader"):
        monkeypatch.setattr(f"rush_hour.load.{module}.RECORDS", 64)  # and nobody reads before the end
    server = serve()

    report = drive(plan_for(server.url, rate_per_s=200, duration_s=0.5, processes=1))

    assert report.result.requests_due == report.result.responses_good == len(server.requests) == 100
    assert report.result.latency_us is not None
    assert report.result.latency_us.count < 100
    assert report.result.generator.durations_lost > 0
    assert "durations-lost" in [doubt.code for doubt in report.verdict.warnings]
    assert not report.verdict.trusted
