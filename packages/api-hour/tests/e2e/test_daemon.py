"""The `api_hour` command as a real process: it serves, it replaces what falls, and it ends without a trace."""

import json
import re
import signal
from datetime import datetime
from pathlib import Path

import pytest
from daemon_process import (
    Address,
    body_of,
    connect,
    daemon,
    end_in_time,
    exchange,
    get,
    read_all,
    wait_for_file,
    watched,
)
from served import ANY_PORT, APP


@pytest.fixture(autouse=True)
def short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path has a limit that `tmp_path` may reach: sockets are named from here."""
    monkeypatch.chdir(tmp_path)


def cleaned_pids() -> set[int]:
    return {int(line) for line in Path("cleaned").read_text().splitlines()}


# Serving.


def test_it_serves_on_a_port_and_on_a_unix_socket(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:a.sock", "-w2", app=APP) as running:
        pids = running.wait_ready(2)
        addresses: list[Address] = [running.tcp_address(), "a.sock"]

        for address in addresses:
            answer = json.loads(body_of(exchange(address, get("/"))))
            assert answer["pid"] in pids
            assert answer["config"] is None
        with watched(pids) as workers:
            assert running.supervisor.stop() == 0
            assert end_in_time(workers)
    assert not Path("a.sock").exists()
    assert cleaned_pids() == set(pids)


def test_its_directory_of_configuration_is_used(tmp_path: Path) -> None:
    etc = tmp_path / "etc" / "app"
    for name, text in {
        "main/main.yaml": "engines: {pg: {host: db}}\n",
        "api_hour/gunicorn_conf.py": "import os\nworkers = 1\nbind = ['127.0.0.1:0', 'unix:b.sock']\n",
        "api_hour/logging.ini": (
            "[loggers]\nkeys = root\n[handlers]\nkeys = console\n[formatters]\nkeys = own\n"
            "[logger_root]\nlevel = INFO\nhandlers = console\n"
            "[handler_console]\nclass = StreamHandler\nformatter = own\nargs = (sys.stdout,)\n"
            "[formatter_own]\nformat = own format: %(message)s\n"
        ),
    }.items():
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).write_text(text)

    with daemon(tmp_path, "-ac", app=APP) as running:
        running.wait_ready(1)

        answer = json.loads(body_of(exchange("b.sock", get("/"))))
        assert answer["config"] == {"engines": {"pg": {"host": "db"}}}
        assert running.supervisor.stop() == 0
    assert all(line.startswith("own format: ") for line in running.supervisor.log.splitlines())
    assert "own format: Starting application...\n" in running.supervisor.log


def test_each_handler_serves_its_address_in_protocols_and_in_streams(tmp_path: Path) -> None:
    app = """
import asyncio
import api_hour
from api_hour.http import HttpServer, Router

class Shout(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(data.upper())
        self.transport.close()

async def reverse(reader, writer):
    writer.write((await reader.readline())[::-1])
    writer.close()

class Container(api_hour.Container):
    def make_servers(self):
        return [HttpServer(Router()), Shout, reverse]
"""
    with daemon(tmp_path, *ANY_PORT, *ANY_PORT, "-b", "unix:a.sock", "-w1", app=app) as running:
        running.wait_ready(1)

        assert exchange(running.tcp_address(0), get("/")).startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert exchange(running.tcp_address(1), b"hello") == b"HELLO"
        assert exchange("a.sock", b"hello\n") == b"\nolleh"
        assert running.supervisor.stop() == 0


def test_a_container_may_start_its_servers_itself(tmp_path: Path) -> None:
    app = """
import api_hour
from api_hour.http import HttpServer, Router

class Container(api_hour.Container):
    async def make_servers(self, sockets):
        server = HttpServer(Router())
        return {await self.loop.create_server(server, sock=one.sock): server for one in sockets}
"""
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:a.sock", "-w1", app=app) as running:
        running.wait_ready(1)

        for address in (running.tcp_address(), "a.sock"):
            assert exchange(address, get("/")).startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert running.supervisor.stop() == 0


# Replacing.


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w2", app=APP) as running:
        first, second = running.wait_ready(2)
        with watched([first]) as descriptors:
            signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)
        running.supervisor.wait_for(rf"worker \d, pid {first}, ended by signal 9\n")
        assert json.loads(body_of(exchange(running.tcp_address(), get("/"))))["pid"] != first

        replacement = running.wait_ready(3)[2]

        assert replacement not in {first, second}
        with watched([second]) as descriptors:
            signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)
        running.supervisor.wait_for(rf"worker \d, pid {second}, ended by signal 9\n")
        assert json.loads(body_of(exchange(running.tcp_address(), get("/"))))["worker_id"] >= 3
        assert running.supervisor.stop() == 0


def test_workers_that_crash_as_soon_as_they_serve_do_not_spin(tmp_path: Path) -> None:
    app = """
import asyncio
import os
import api_hour

class Container(api_hour.Container):
    def make_servers(self):
        self.loop.call_later(0.01, os._exit, 9)
        return [asyncio.Protocol]
"""
    with daemon(tmp_path, *ANY_PORT, "-w1", app=app) as running:
        running.supervisor.wait_for(r"worker 3, pid \d+, ended with exit code 9\n")
        log = running.supervisor.log
        ends, starts = times_of(r"worker \d, pid \d+, ended", log), times_of(r"worker \d started", log)
        first_wait_s, second_wait_s = (
            (start - end).total_seconds() for end, start in zip(ends[:2], starts[1:3], strict=True)
        )
        assert first_wait_s >= 0.5 - CLOCK_ERROR_S
        assert second_wait_s >= 1.0 - CLOCK_ERROR_S
        assert running.supervisor.stop() == 0


CLOCK_ERROR_S = 0.01  # the log's clock is not the one that the waits are measured with


def times_of(pattern: str, log: str) -> list[datetime]:
    """Return when the lines were logged that hold a pattern."""
    stamp = re.compile(rf"(?m)^(\S+ \S+) \[\d+\] INFO api_hour\.supervisor: {pattern}")
    return [datetime.fromisoformat(found[1].replace(",", ".")) for found in stamp.finditer(log)]


# Ending.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_lets_requests_finish_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:a.sock", "-w1", app=APP) as running:
        pids = running.wait_ready(1)
        with watched(pids) as workers, connect("a.sock") as busy, connect(running.tcp_address()) as idle:
            idle.sendall(get("/", close=False))
            assert idle.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            busy.sendall(get("/wait", close=False))
            wait_for_file(Path("begun"))

            running.supervisor.process.send_signal(number)
            assert read_all(idle) == b""  # the end has begun
            assert running.supervisor.process.poll() is None
            Path("go").touch()

            answer = read_all(busy)
            assert body_of(answer) == '"waited"'
            assert b"\r\nConnection: close\r\n" in answer
            assert running.supervisor.wait() == 0
            assert end_in_time(workers)
    assert not Path("a.sock").exists()
    assert cleaned_pids() == set(pids)
    assert not re.search("ERROR|WARNING|Traceback", running.supervisor.log)


@pytest.mark.parametrize("numbers", [[signal.SIGQUIT], [signal.SIGTERM, signal.SIGTERM]])
def test_a_stop_at_once_waits_for_nobody(numbers: list[signal.Signals], tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:a.sock", "-w1", app=APP) as running:
        pids = running.wait_ready(1)
        with watched(pids) as workers, connect("a.sock") as busy, connect(running.tcp_address()) as idle:
            busy.sendall(get("/wait", close=False))
            wait_for_file(Path("begun"))
            for number in numbers:
                running.supervisor.process.send_signal(number)
                assert read_all(idle) == b""  # it was seen

            assert running.supervisor.wait() == 0
            assert read_all(busy) == b""
            assert end_in_time(workers)
    assert "ERROR api_hour.supervisor: worker 1 had to end at once: killed\n" in running.supervisor.log
    assert not Path("a.sock").exists()


def test_a_large_answer_is_sent_to_its_end(tmp_path: Path) -> None:
    app = APP.replace('return "waited"', 'return "x" * 20_000_000')
    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", app=app) as running:
        running.wait_ready(1)
        with connect("a.sock") as slow, connect("a.sock") as idle:
            idle.sendall(get("/", close=False))
            assert idle.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
            Path("go").touch()
            slow.sendall(get("/wait"))
            beginning = slow.recv(1000)
            running.supervisor.process.send_signal(signal.SIGTERM)
            assert read_all(idle) == b""  # the end has begun

            assert len(body_of(beginning + read_all(slow))) == 20_000_000 + len('""')
        assert running.supervisor.wait() == 0


def test_a_request_that_takes_too_long_is_stopped_and_the_container_is_cleaned_up(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", "--graceful-timeout", "0.1", app=APP) as running:
        pids = running.wait_ready(1)
        with connect("a.sock") as stuck:
            stuck.sendall(get("/wait"))
            wait_for_file(Path("begun"))

            assert running.supervisor.stop() == 0

            assert read_all(stuck) == b""
    assert "1 connections were not finished in time: aborted" in running.supervisor.log
    assert "destroyed" not in running.supervisor.log
    assert cleaned_pids() == set(pids)


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    app = APP.replace("await asyncio.sleep(0.01)", "import time; time.sleep(1000)")
    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", "--graceful-timeout", "0", app=app) as running:
        [pid] = running.wait_ready(1)
        with connect("a.sock") as stuck:
            stuck.sendall(get("/wait"))
            wait_for_file(Path("begun"))

            assert running.supervisor.stop() == 0
    assert "ERROR api_hour.supervisor: worker 1 did not end in time: killed\n" in running.supervisor.log
    assert f"worker 1, pid {pid}, ended by signal 9\n" in running.supervisor.log


def test_a_daemon_may_be_stopped_while_its_workers_come_up(tmp_path: Path) -> None:
    app = """
import asyncio
from pathlib import Path
import api_hour

class Container(api_hour.Container):
    async def start(self):
        Path("begun").touch()
        await asyncio.Event().wait()
    async def cleanup(self):
        Path("cleaned").touch()
"""
    with daemon(tmp_path, *ANY_PORT, "-w1", app=app) as running:
        wait_for_file(Path("begun"))

        assert running.supervisor.stop() == 0
    assert Path("cleaned").exists()
    assert "Traceback" not in running.supervisor.log


def test_workers_end_by_themselves_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "unix:a.sock", "-w2", app=APP) as running:
        pids = running.wait_ready(2)
        with watched(pids) as workers, connect("a.sock") as busy:
            busy.sendall(get("/wait"))
            wait_for_file(Path("begun"))

            running.supervisor.process.kill()
            assert running.supervisor.wait() == -signal.SIGKILL
            Path("go").touch()

            assert body_of(read_all(busy)) == '"waited"'
            assert end_in_time(workers)
        assert running.supervisor.log.count("the supervisor is gone: stopping") == 2
        assert cleaned_pids() == set(pids)
    assert Path("a.sock").is_socket()  # nobody was left to remove it

    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", app=APP) as running:
        running.wait_ready(1)
        assert json.loads(body_of(exchange("a.sock", get("/"))))["worker_id"] == 1
