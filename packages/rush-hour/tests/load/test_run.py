"""The load generator against real servers whose behaviour is known. No test asserts a time."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from in_process_load import ONE_AFTER_THE_OTHER, drive_all
from load_runs import assert_accounted_for, plan_for, run
from scripted_server import OK, ScriptedServer

from rush_hour.core.arrivals import Constant
from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram
from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError, StartError
from rush_hour.load.generators import RunOver
from rush_hour.load.local.processes import Processes
from rush_hour.load.run import Observer, assemble, run_load

Serve = Callable[..., ScriptedServer]
ALL_ANSWERED: dict[str, Any] = ONE_AFTER_THE_OTHER | {"max_requests": 200, "processes": 2}


def test_every_due_request_is_sent_and_answered(serve: Serve) -> None:
    server = serve()

    result = run(server.url)

    assert result.requests_due == result.requests_sent == result.responses_good == 200
    assert result.responses_by_status == {"200": 200}
    assert (result.errors, result.unanswered_at_end) == ({}, 0)
    assert len(server.requests) == 200
    assert server.connections == 10
    assert server.requests[0] == b"GET /agents HTTP/1.1\r\nHost: 127.0.0.1:%d" % server.port
    assert result.bytes_read == 200 * len(OK)
    assert result.connections.open_at_start == result.connections.open_at_end == 10


def test_all_connections_are_opened_and_none_is_left_out(serve: Serve) -> None:
    server = serve()

    run(server.url, connections=7, processes=3, rate_per_s=100, duration_s=0.5)

    assert server.connections == 7


def test_a_unix_socket_is_loaded_like_any_other(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "x.sock"
    server = serve(unix=path)

    result = drive_all("http://localhost/", 100, unix=path).result

    assert result.responses_good == len(server.requests) == 100


def test_warm_up_is_sent_and_not_counted(serve: Serve) -> None:
    server = serve()
    phases: list[str] = []

    warmup = Schedule(arrivals=Constant(rate_per_s=200), duration_s=0.5, connections=10)
    run = run_load(plan_for(server.url, warmup=warmup), Observer(on_phase=phases.append))

    assert run.result.requests_due == 200
    assert run.result.responses_good == run.result.responses_total > 0
    assert run.result.requests_sent < len(server.requests) <= 300
    assert phases == ["connecting", "warming up", "measuring"]
    assert server.connections == 10


def test_answers_that_are_not_the_expected_ones_are_bad(serve: Serve) -> None:
    wrong_body = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo"
    too_long = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!"
    chunked_wrong = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n0\r\n\r\n"
    error = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nhello"
    answers = [OK, wrong_body, too_long, chunked_wrong, error]
    server = serve(lambda number: answers[number % 5])

    result = run(server.url, **ALL_ANSWERED)

    assert result.responses_good == 40
    assert result.responses_by_status == {"200": 160, "502": 40}
    assert result.latency_bad_us is not None
    assert result.latency_bad_us.count == 160


def test_a_chunked_answer_is_good_when_its_content_is(serve: Serve) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    server = serve(lambda number: chunked if number % 2 else OK)

    assert run(server.url, **ALL_ANSWERED).responses_good == 200


def test_a_server_that_closes_after_each_answer_is_reconnected_to(serve: Serve) -> None:
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    server = serve(lambda _number: closing)

    result = run(server.url, **ALL_ANSWERED)

    assert result.responses_good == 200
    assert server.connections >= 200
    assert result.connections.reconnects >= 190


def test_a_connection_that_is_closed_instead_of_answered_is_an_error_of_its_request(serve: Serve) -> None:
    server = serve(lambda number: None if number % 4 == 0 else OK)

    result = run(server.url, **ALL_ANSWERED)

    assert result.errors == {"read:EOF": 50}
    assert result.responses_good == 150


def test_a_broken_answer_is_named(serve: Serve) -> None:
    server = serve(lambda number: b"220 smtp ready\r\n\r\n" if number % 4 == 0 else OK)

    result = run(server.url, **ALL_ANSWERED)

    assert result.errors == {"malformed:status-line": 50}
    assert result.responses_good == 150


def test_an_answer_that_does_not_come_is_a_time_out_counted_once(serve: Serve) -> None:
    silent = threading.Event()

    def script(number: int) -> bytes:
        if number == 50:
            silent.wait(20)
        return OK

    server = serve(script)
    try:
        result = run(server.url, timeout_s=0.3)
    finally:
        silent.set()

    assert result.errors == {"timeout": 1}
    assert result.responses_good == result.responses_total > 150


def test_a_stalled_server_is_charged_for_every_request_it_delayed(serve: Serve) -> None:
    """One connection, one stall of 0.5 s: about 100 requests come late, and none is forgotten."""

    def script(number: int) -> bytes:
        if number == 20:
            time.sleep(0.5)
        return OK

    server = serve(script)

    result = run(server.url, connections=1, processes=1)

    assert result.requests_due == 200
    assert result.responses_good > 150
    histogram = Histogram.decode(result.histogram.latency_us or "")
    assert histogram.percentile_us(100) >= 500_000
    assert histogram.percentile_us(70) >= 50_000  # without correction, all but one would be fast
    service_time = Histogram.decode(result.histogram.service_time_us or "")
    assert service_time.percentile_us(99) <= histogram.percentile_us(99)


def test_requests_that_an_overloaded_server_leaves_are_unanswered_and_not_forgotten(serve: Serve) -> None:
    def script(_number: int) -> bytes:
        time.sleep(0.05)
        return OK

    server = serve(script)

    result = run(server.url, connections=2, processes=1, rate_per_s=1000)

    assert result.requests_due == 1000
    assert result.unanswered_at_end > 900
    assert result.errors == {}
    assert result.requests_sent == len(server.requests)


def test_a_server_that_goes_away_leaves_errors_with_their_names(serve: Serve) -> None:
    def script(number: int) -> bytes:
        if number == 50:
            server.stop()
        return OK

    server = serve(script)

    result = run(server.url, duration_s=1.0)

    assert 49 <= result.responses_good <= 51
    assert "connect:ECONNREFUSED" in result.errors
    assert result.connections.connect_failures["ECONNREFUSED"] >= result.errors["connect:ECONNREFUSED"]


def test_no_server_is_an_error_and_not_a_run(free_port: int) -> None:
    with pytest.raises(StartError) as caught:
        run_load(plan_for(f"http://127.0.0.1:{free_port}/", connections=2, processes=1, timeout_s=0.2))

    assert str(caught.value) == f"no connection to 127.0.0.1:{free_port} could be opened: ECONNREFUSED."


def test_seconds_are_reported_as_they_pass(serve: Serve) -> None:
    rows: list[TimelineRow] = []

    run = run_load(plan_for(serve().url, duration_s=2.0), Observer(on_second=rows.append))

    assert [row for row in rows if row.sent or row.good] == run.result.timeline
    assert len(run.result.timeline) >= 2
    assert all(row.p50_us is not None for row in run.result.timeline[:2])


def test_ctrl_c_ends_the_run_with_what_was_measured(serve: Serve) -> None:
    rows: list[TimelineRow] = []

    def interrupt_once(row: TimelineRow) -> None:
        if not rows:
            os.kill(os.getpid(), signal.SIGINT)
        rows.append(row)

    run = run_load(plan_for(serve().url, duration_s=60.0), Observer(on_second=interrupt_once))

    assert run.is_interrupted
    assert run.verdict.warnings[0].code == "interrupted"
    assert_accounted_for(run.result)
    assert 200 <= run.result.responses_good < 60 * 200
    assert run.result.elapsed_s < 60


def test_ctrl_c_waits_for_what_is_counted_however_slow_the_machine_is(serve: Serve) -> None:
    with Processes(plan_for(serve().url, duration_s=60.0)) as processes:
        opened = processes.open_connections()
        counter = processes._processes[-1].pid

        def hold_up() -> None:
            """Let the process that counts have no CPU for longer than a busy machine does."""
            os.kill(os.getpid(), signal.SIGINT)
            end_at_s = time.monotonic() + 2.0
            while time.monotonic() < end_at_s:
                os.kill(counter, signal.SIGSTOP)
                time.sleep(0.01)
            os.kill(counter, signal.SIGCONT)

        threading.Timer(0.5, hold_up).start()
        plan = plan_for("http://127.0.0.1/", duration_s=60.0)
        outcome = processes.run(plan.schedule)

    assert outcome.is_interrupted
    assert_accounted_for(assemble(plan, outcome, open_at_start=opened))


def test_what_counting_takes_is_the_generators_own_cpu_time(serve: Serve) -> None:
    plan = plan_for(serve().url, duration_s=0.5)
    with Processes(plan) as processes:
        opened = processes.open_connections()
        outcome = processes.run(plan.schedule)

    senders_s = sum(done.cpu_s for done in outcome.done if done is not None)

    assert outcome.counted.cpu_s > 0
    assert assemble(plan, outcome, open_at_start=opened).generator.cpu_s == senders_s + outcome.counted.cpu_s


def test_nothing_is_stopped_before_the_end_of_the_measurement_was_told(serve: Serve) -> None:
    """What is seen of the machine then has nothing of the generator's end in it."""
    running: list[list[str]] = []
    others = {child.pid for child in psutil.Process().children()}

    def look() -> None:
        children = [child for child in psutil.Process().children() if child.pid not in others]
        running.append([child.status() for child in children])

    run(serve().url, observer=Observer(on_end=look), processes=2, duration_s=0.5)

    [states] = running
    assert len(states) == 3
    assert psutil.STATUS_ZOMBIE not in states


def test_a_watcher_can_end_the_run_and_leaves_no_process(serve: Serve) -> None:
    def give_up() -> None:
        raise StartError("the server ended")

    with Processes(plan_for(serve().url, duration_s=60.0)) as processes:
        processes.open_connections()
        with pytest.raises(StartError):
            processes.run(plan_for("http://127.0.0.1/", duration_s=60.0).schedule, watch=give_up)
        children = [process.pid for process in processes._processes]

    for child in children:
        assert not Path(f"/proc/{child}").exists()


def test_a_generator_process_that_dies_ends_the_run_with_its_exit_code(serve: Serve) -> None:
    with Processes(plan_for(serve().url, duration_s=60.0)) as processes:
        processes.open_connections()
        victim = processes._processes[1]
        assert victim.pid is not None
        threading.Timer(0.3, os.kill, (victim.pid, signal.SIGKILL)).start()

        with pytest.raises(RushHourError) as caught:
            processes.run(plan_for("http://127.0.0.1/", duration_s=60.0).schedule)

    assert str(caught.value) == "process 1 of the load generator died with exit code -9."


def test_seconds_in_which_nothing_was_answered_are_in_the_timeline(serve: Serve) -> None:
    answered = threading.Event()

    def script(number: int) -> bytes:
        if number == 0:
            answered.wait(2.5)
        return OK

    server = serve(script)
    result = run(server.url, connections=1, processes=1, rate_per_s=2, duration_s=4.0, timeout_s=10.0)
    answered.set()

    assert [row.at_s for row in result.timeline[:4]] == pytest.approx([1, 2, 3, 4], abs=0.5)
    assert [row.good for row in result.timeline[:2]] == [0, 0]


def test_a_run_that_is_over_for_those_who_watch_it_ends_with_the_figures_that_there_are(serve: Serve) -> None:
    server = serve()
    rows: list[TimelineRow] = []

    def enough() -> None:
        if rows:
            raise RunOver

    asked: list[object] = []
    observer = Observer(on_second=rows.append, watch=enough, on_connections=asked.append)
    one = run_load(plan_for(server.url, rate_per_s=100, duration_s=600.0), observer)

    assert_accounted_for(one.result)
    assert (one.is_ended_early, one.is_interrupted, asked) == (True, False, [])
    assert one.result.elapsed_s < 600
    assert one.result.requests_due < 60_000
    assert one.result.responses_good > 0
    assert "ended-early" in [doubt.code for doubt in one.verdict.warnings]


def test_a_run_that_was_not_ended_is_not_said_to_be(serve: Serve) -> None:
    one = run_load(plan_for(serve().url, duration_s=0.3))

    assert not one.is_ended_early
