"""The real daemon, seen through its monitor: totals, health, handover."""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from daemon_process import (
    connect,
    daemon,
    end_in_time,
    get,
    read_all,
    wait_for_file,
    watched,
)
from monitored import APP, MONITORED, ask, cut, document, metrics, monitor_of, wait_for, wait_for_requests
from traffic import traffic

HTTP_APP = """
import asyncio
import time
from pathlib import Path

import api_hour
from api_hour.http import HttpServer, Router

while not Path("go").exists():
    time.sleep(0.01)


class Container(api_hour.Container):
    def make_servers(self):
        router = Router()
        router.add("GET", "/wait", self.wait)
        return [HttpServer(router, container=self)]

    async def wait(self, request):
        Path("begun").touch()
        while not Path("let-go").exists():
            await asyncio.sleep(0.01)
        return "done"
"""
ENGINE_APP = """
import asyncio
from pathlib import Path

import api_hour
from api_hour.engines import Engine, Patience
from api_hour.engines.backoff import Backoff


class FileEngine(Engine):
    async def open(self):
        if not Path("source").exists():
            raise OSError("no source")


class Container(api_hour.Container):
    def __init__(self, **given):
        super().__init__(**given)
        self.engines["file"] = FileEngine(
            required=False, patience=Patience(boot_s=0.05), backoff=Backoff(first_s=0.05, limit_s=0.05)
        )

    def make_servers(self):
        return [asyncio.Protocol]
"""


# Metrics.


def test_totals_add_up_over_a_kill_a_reload_and_a_recycling(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w1", "--max-requests", "50", "--drain-timeout", "0", app=APP) as running:
        monitor = monitor_of(running)
        [pid] = running.wait_ready(1)
        ask(running, 7)
        wait_for_requests(monitor, 7)
        cut(pid, signal.SIGKILL)
        running.wait_ready(2)
        ask(running, 5)  # the last of them are told at the worker's end
        running.supervisor.process.send_signal(signal.SIGHUP)
        running.supervisor.wait_for("reload done")
        wait_for_requests(monitor, 12)
        ask(running, 50)
        running.supervisor.wait_for(r"worker 3 retires, pid \d+: requests")
        running.supervisor.wait_for(r"worker 3, pid \d+, ended with exit code 0")
        found = wait_for_requests(monitor, 62)

        assert found["api_hour_request_duration_seconds_count"] == 62
        assert found["api_hour_request_duration_seconds_bucket 0.0025"] == 62
        assert found["api_hour_request_duration_seconds_bucket 0.001"] == 0
        assert abs(found["api_hour_request_duration_seconds_sum"] - 62 * 0.002) < 1e-9
        assert found["api_hour_workers_started_total"] == 4
        assert found["api_hour_reloads_total"] == 1
        assert found["api_hour_reload_failures_total"] == 0
        reasons = ("crashed", "reload", "requests", "memory", "lifetime", "killed", "boot_failed")
        restarts = [found[f"api_hour_worker_restarts_total {reason}"] for reason in reasons]
        assert restarts == [1, 1, 1, 0, 0, 0, 0]
        assert running.supervisor.stop() == 0


def test_only_living_workers_have_figures_of_their_own(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w2", app=APP) as running:
        first, _ = running.wait_ready(2)
        cut(first, signal.SIGKILL)
        running.wait_ready(3)
        [gone] = running.supervisor.wait_for(r"worker (\d), pid \d+, ended by signal 9")
        living = {"1", "2", "3"} - {gone[1]}

        def workers() -> set[str]:
            return {name.split()[1] for name in metrics(monitor_of(running)) if "worker_resident_memory" in name}

        wait_for(workers, is_so=lambda found: found == living)
        assert running.supervisor.stop() == 0


def test_a_request_in_flight_and_its_connection_are_seen(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w2", app=APP) as running:
        running.wait_ready(2)
        with connect(running.tcp_address()) as client:
            client.sendall(get("/hold"))
            found = wait_for(
                lambda: metrics(monitor_of(running)), is_so=lambda values: values["api_hour_requests_in_flight"] == 1
            )
            assert found["api_hour_connections"] == 1
        assert running.supervisor.stop() == 0


def test_the_monitor_answers_while_the_only_worker_is_blocked_and_when_it_is_dead(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w1", "--timeout", "1.5", app=APP) as running:
        monitor = monitor_of(running)
        running.wait_ready(1)
        with connect(running.tcp_address()) as client:
            client.sendall(get("/block"))
            wait_for_file(tmp_path / "blocked")
            (tmp_path / "app.py").write_text("1 / 0")  # its replacement will not come up
            found = wait_for(lambda: metrics(monitor), is_so=lambda values: values["api_hour_workers condemned"] == 1)
            assert found["api_hour_worker_event_loop_lag_seconds 1"] > 0
            assert read_all(client) == b""
        wait_for(
            lambda: metrics(monitor), is_so=lambda values: values["api_hour_worker_restarts_total boot_failed"] == 1
        )

        found = metrics(monitor)
        assert found["api_hour_worker_kills_total heartbeat_timeout"] == 1
        assert found["api_hour_workers serving"] == 0
        assert document(monitor, "/health/live")[0] == 200
        assert document(monitor, "/health/ready") == (
            503,
            {"ready": False, "reason": "no worker serves", "workers_serving": 0, "workers_wanted": 1},
        )
        assert running.supervisor.stop() == 0


# Health.


def test_the_daemon_is_ready_when_it_serves_and_not_before_nor_when_it_stops(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w1", app=HTTP_APP) as running:
        monitor = monitor_of(running)
        _, answer = wait_for(lambda: document(monitor, "/health/ready"), is_so=lambda found: found[0] == 503)
        assert answer["reason"] == "no worker serves yet"
        (tmp_path / "go").touch()
        _, answer = wait_for(lambda: document(monitor, "/health/ready"), is_so=lambda found: found[0] == 200)
        assert answer == {
            "ready": True,
            "reason": "1 of 1 workers serve",
            "workers_serving": 1,
            "workers_wanted": 1,
        }
        with connect(running.tcp_address()) as client:
            client.sendall(get("/wait"))
            wait_for_file(tmp_path / "begun")
            running.supervisor.process.send_signal(signal.SIGTERM)
            _, answer = wait_for(lambda: document(monitor, "/health/ready"), is_so=lambda found: found[0] == 503)
            assert answer["reason"] == "the daemon is stopping"
            assert len(document(monitor, "/status")[1]["workers"]) == 1  # it still answers
            (tmp_path / "let-go").touch()
            assert read_all(client).endswith(b'"done"')
        assert running.supervisor.wait() == 0


def test_an_engine_that_is_down_is_seen_and_counts_for_readiness_if_it_is_asked_for(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w2", "--ready-needs-engines", app=ENGINE_APP) as running:
        monitor = monitor_of(running)
        running.wait_ready(2)
        down = "engine file is up in none of 2 workers: OSError: no source"
        wait_for(lambda: document(monitor, "/health/ready"), is_so=lambda found: found[1]["reason"] == down)
        assert metrics(monitor)["api_hour_engine_workers file down"] == 2

        (tmp_path / "source").touch()
        wait_for(lambda: document(monitor, "/health/ready"), is_so=lambda found: found[0] == 200)
        wait_for(lambda: metrics(monitor), is_so=lambda values: values["api_hour_engine_workers file up"] == 2)
        assert running.supervisor.stop() == 0


# Handover.


def test_a_successor_takes_the_monitor_over_when_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a unix socket's path has a limit that `tmp_path` may reach
    arguments = ("-b", "127.0.0.1:0", "--monitor", "unix:m.sock", "-w1")
    with daemon(tmp_path, *arguments, app=APP) as running, ExitStack() as stack:
        running.wait_ready(1)
        first = document("m.sock", "/status")[1]["pid"]
        assert first == running.supervisor.process.pid
        running.supervisor.process.send_signal(signal.SIGUSR2)
        pid = int(running.supervisor.wait_for(r"successor started, pid (\d+)")[0][1])
        successor = stack.enter_context(watched([pid]))
        while document("m.sock", "/status")[1]["pid"] == first:
            assert document("m.sock", "/health/ready")[0] == 200  # never, in between, is nobody ready
        assert running.supervisor.wait() == 0

        assert document("m.sock", "/status")[1]["pid"] == pid
        assert document("m.sock", "/health/ready")[0] == 200
        signal.pidfd_send_signal(successor[0], signal.SIGTERM)
        assert end_in_time(successor)
    assert not Path("m.sock").exists()


# Clients of the monitor.


def test_many_silent_clients_of_the_monitor_hurt_neither_it_nor_the_service(tmp_path: Path) -> None:
    with daemon(tmp_path, *MONITORED, "-w1", app=APP) as running, ExitStack() as stack:
        monitor = monitor_of(running)
        running.wait_ready(1)
        for _ in range(200):
            stack.enter_context(connect(monitor)).sendall(b"GET /metrics HTTP/1.1\r\n")
        assert document(monitor, "/health/live")[0] == 200
        with traffic(running.tcp_address()) as clients:
            clients.wait_for(50)
        assert clients.failures == []
        fds = len([*Path(f"/proc/{running.supervisor.process.pid}/fd").iterdir()])
        assert fds < 64 + 40
        assert running.supervisor.stop() == 0
