"""The access log by the `api_hour` command: where it goes, and that no worker's end loses a line."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from daemon_process import connect, daemon, exchange, get
from event_loops import TIMEOUT_S
from started_process import POLL_S

APP = """
import api_hour
from api_hour.http import HttpServer, Router


class Container(api_hour.Container):
    def make_servers(self):
        router = Router()
        router.add("GET", "/", self.answer)
        return [HttpServer(router, container=self)]

    async def answer(self, request):
        return "hello"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wait_until(condition: Callable[[], bool]) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < end_at_s, "not in time"
        time.sleep(POLL_S)


def test_there_is_none_by_default(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=APP) as running:
        running.wait_ready(1)
        exchange(running.tcp_address(), get("/marked"))
        assert running.supervisor.stop() == 0
    assert "marked" not in running.supervisor.log


def test_lines_of_all_workers_go_to_standard_output(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w2", "--access-log", "common", app=APP) as running:
        running.wait_ready(2)
        for _ in range(10):
            exchange(running.tcp_address(), get("/"))
        with connect(running.tcp_address()) as client:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        assert running.supervisor.stop() == 0  # what was held is written at the end
    log = running.supervisor.log
    assert len(re.findall(r'^127\.0\.0\.1 - - \[.{26}\] "GET / HTTP/1\.1" 200 7$', log, re.MULTILINE)) == 10
    assert len(re.findall(r'^127\.0\.0\.1 - - \[.{26}\] "-" 400 \d+$', log, re.MULTILINE)) == 1


def test_a_file_takes_json_and_may_be_moved_away(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    options = [
        "-b",
        "127.0.0.1:0",
        "-b",
        "unix:a.sock",
        "-w1",
        "--access-log",
        "json",
        "--access-log-file",
        "access.log",
    ]
    with daemon(tmp_path, *options, app=APP) as running:
        running.wait_ready(1)
        exchange(running.tcp_address(), get("/?first"))
        wait_until(lambda: "first" in path.read_text())
        path.rename("old.log")
        exchange("a.sock", get("/?second"))
        wait_until(lambda: path.exists() and "second" in path.read_text())

    [first] = [json.loads(line) for line in Path("old.log").read_text().splitlines()]
    [second] = [json.loads(line) for line in path.read_text().splitlines()]
    assert (first["client"], first["query"], first["status"], first["worker"]) == ("127.0.0.1", "first", 200, 1)
    assert (second["client"], second["query"]) == (None, "second")


def test_gunicorn_s_settings_are_understood(tmp_path: Path) -> None:
    Path("conf.py").write_text(
        "bind = '127.0.0.1:0'\nworkers = 1\naccesslog = 'a.log'\naccess_log_format = '%(m)s %({x-a}i)s %(s)s'\n"
    )
    with daemon(tmp_path, "-c", "conf.py", app=APP) as running:
        running.wait_ready(1)
        exchange(running.tcp_address(), b'GET / HTTP/1.1\r\nHost: a\r\nX-A: "\r\nConnection: close\r\n\r\n')
        assert running.supervisor.stop() == 0
    assert Path("a.log").read_text() == "GET \\x22 200\n"
    assert "no meaning" not in running.supervisor.log


def test_a_logging_configuration_routes_it(tmp_path: Path) -> None:
    Path("logging.ini").write_text(
        "[loggers]\nkeys = root, access\n[handlers]\nkeys = console, file\n[formatters]\nkeys = plain\n"
        "[logger_root]\nlevel = INFO\nhandlers = console\n"
        "[logger_access]\nlevel = INFO\nhandlers = file\nqualname = api_hour.access\npropagate = 0\n"
        "[handler_console]\nclass = StreamHandler\nargs = ()\n"
        "[handler_file]\nclass = FileHandler\nformatter = plain\nargs = ('routed.log',)\n"
        "[formatter_plain]\nformat = access: %(message)s\n"
    )
    options = ["-b", "127.0.0.1:0", "-w1", "--logconfig", "logging.ini", "--access-log", "%(r)s"]
    with daemon(tmp_path, *options, app=APP) as running:
        running.supervisor.wait_for("worker 1 serves")
        exchange(running.tcp_address(), get("/"))
        assert running.supervisor.stop() == 0
    assert Path("routed.log").read_text() == "access: GET / HTTP/1.1\n"


def test_a_wrong_format_is_exit_code_2(tmp_path: Path) -> None:
    with daemon(tmp_path, "--access-log", "%(nope)s", app=APP) as running:
        assert running.supervisor.wait() == 2
    assert running.supervisor.log.startswith(
        "api_hour: --access-log: the unknown atom %(nope)s in '%(nope)s'; known are "
    )
