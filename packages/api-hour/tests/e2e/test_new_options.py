"""A configuration file that is changed while the daemon serves, and read again at HUP."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from daemon_process import Address, Daemon, daemon, exchange, get, wait_for_file
from descriptors import open_links
from event_loops import TIMEOUT_S
from monitored import document, monitor_of, wait_for
from traffic import traffic

MONITORED = ("-c", "daemon.toml", "--monitor", "127.0.0.1:0")

APP = """
import asyncio

import api_hour
from api_hour.http import HttpServer, Router


class Container(api_hour.Container):
    def make_servers(self):
        router = Router()
        router.add("GET", "/", self.answer)
        router.add("GET", "/slow", self.slow)
        return [HttpServer(router, container=self)]

    async def answer(self, request):
        return "ok"

    async def slow(self, request):
        await asyncio.sleep(60)
"""


def write(directory: Path, text: str) -> None:
    """Write the daemon's file, as a deployment does."""
    (directory / "new.toml").write_text('bind = "127.0.0.1:0"\n' + text)
    (directory / "new.toml").rename(directory / "daemon.toml")


def hang_up(running: Daemon) -> None:
    running.supervisor.process.send_signal(signal.SIGHUP)


def status(monitor: Address) -> dict[str, Any]:
    return document(monitor, "/status")[1]


def facts_when(monitor: Address, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the daemon is as expected, and return how it is."""
    facts: dict[str, Any] = wait_for(lambda: status(monitor), is_so=is_so)
    return facts


def test_the_file_s_new_options_count_after_a_reload_and_no_request_is_lost(tmp_path: Path) -> None:
    write(tmp_path, "workers = 1\ndrain_timeout = 1")
    with daemon(tmp_path, *MONITORED, app=APP) as running:
        running.wait_ready(1)
        monitor = monitor_of(running)
        with traffic(running.tcp_address()) as clients:
            write(tmp_path, 'workers = 3\nrequest_timeout = 0.1\naccess_log = "LINE %(m)s %(U)s"\ndrain_timeout = 0.5')
            hang_up(running)
            running.supervisor.wait_for("reload done")
            clients.wait_for(50)
            facts_when(monitor, lambda facts: facts["workers_wanted"] == 3 and len(facts["workers"]) == 3)
            assert exchange(running.tcp_address(), get("/slow")).startswith(b"HTTP/1.1 503 ")
            running.supervisor.wait_for("LINE GET /slow")

            write(tmp_path, 'workers = 1\nlog_level = "warning"\ndrain_timeout = 0.5')
            hang_up(running)
            facts_when(monitor, lambda facts: len(facts["workers"]) == 1 and facts["state"] == "serving")
            clients.wait_for(50)
        assert clients.failures == []
        assert running.supervisor.log.count("reload done") == 1, "it is below the level that is logged now"
        assert running.supervisor.stop() == 0
    assert (
        "INFO api_hour.supervisor: reload: changed options: --workers 3, --drain-timeout 0.5, --request-timeout 0.1, "
        "--access-log LINE %(m)s %(U)s\n"
    ) in running.supervisor.log


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('workers = "many"', "workers in daemon.toml: expected a whole number; got 'many'."),
        ("workerz = 2", "--config: daemon.toml: 'workerz' is no option. Did you mean 'workers'?"),
        ("workers = [", "--config: daemon.toml: expected TOML in UTF-8; "),
        ('log_file = "no/such/directory.log"', "log_file in daemon.toml: expected a file in a directory that exists"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing_and_is_said(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, "workers = 1")
    with daemon(tmp_path, *MONITORED, app=APP) as running:
        [pid] = running.wait_ready(1)
        monitor = monitor_of(running)
        write(tmp_path, text)
        hang_up(running)

        running.supervisor.wait_for("reload refused")
        facts = facts_when(monitor, lambda facts: facts["totals"]["reloads_failed"] == 1)

        refused = f"ERROR api_hour.supervisor: reload refused, everything stays as it is: {said}"
        assert refused in running.supervisor.log
        assert facts["reload_failure"].startswith(said)
        assert [worker["pid"] for worker in facts["workers"]] == [pid]

        write(tmp_path, "workers = 2")
        hang_up(running)
        running.supervisor.wait_for("reload done")
        assert status(monitor)["reload_failure"] == ""
        assert running.supervisor.stop() == 0


def test_what_waits_for_a_restart_is_named_and_the_command_line_wins(tmp_path: Path) -> None:
    write(tmp_path, "workers = 1")
    with daemon(tmp_path, *MONITORED, "-w", "2", app=APP) as running:
        running.wait_ready(2)
        write(tmp_path, 'workers = 3\nname = "other"\nbacklog = 7')
        hang_up(running)

        running.supervisor.wait_for("reload done")

        log = running.supervisor.log
        for kept in ("--name none", "--backlog 2048"):
            line = f"{kept} stays until the daemon is restarted, or a successor (USR2) takes over\n"
            assert f"WARNING api_hour.supervisor: {line}" in log
        assert "changed options" not in log
        assert status(monitor_of(running))["workers_wanted"] == 2
        assert running.supervisor.stop() == 0


def test_files_are_found_from_where_the_daemon_was_started(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(APP)
    write(tmp_path, "workers = 1")
    with daemon(tmp_path, *MONITORED, "--chdir", "code", app="") as running:
        running.wait_ready(1)
        write(tmp_path, "workers = 2")
        hang_up(running)

        running.supervisor.wait_for("reload done")
        assert status(monitor_of(running))["workers_wanted"] == 2
        assert running.supervisor.stop() == 0


def test_lines_go_to_the_new_file_in_the_new_form(tmp_path: Path) -> None:
    write(tmp_path, 'workers = 1\nlog_file = "old.log"')
    with daemon(tmp_path, *MONITORED, app=APP) as running:
        old, new = tmp_path / "old.log", tmp_path / "new.log"
        wait_for_file(old)
        wait_for(old.read_text, is_so=lambda text: "worker 1 serves" in text)
        write(tmp_path, 'workers = 1\nlog_file = "new.log"\nlog_format = "%(levelname)s/%(worker_id)s %(message)s"')
        hang_up(running)

        wait_for_file(new)
        wait_for(new.read_text, is_so=lambda text: "INFO/None reload done\n" in text)
        assert "reload done" not in old.read_text()
        assert str(old) not in open_links(running.supervisor.process.pid)
        assert running.supervisor.stop() == 0


def reload_by_command(directory: Path, *arguments: str) -> tuple[int, str]:
    """Run `api_hour reload`, and return its exit code and what it said."""
    program = Path(sys.executable).with_name("api_hour")
    command = [str(program), "reload", "-p", "a.pid", "--monitor", "unix:m.sock", *arguments]
    ended = subprocess.run(command, cwd=directory, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)
    return ended.returncode, ended.stderr


def test_the_command_waits_for_the_end_of_a_reload_and_its_exit_code_tells_how_it_was(tmp_path: Path) -> None:
    write(tmp_path, "workers = 1")
    with daemon(tmp_path, "-c", "daemon.toml", "-p", "a.pid", "--monitor", "unix:m.sock", app=APP) as running:
        running.wait_ready(1)

        assert reload_by_command(tmp_path) == (0, "")
        assert "reload done" in running.supervisor.log

        write(tmp_path, "workers = 0")
        failed = "api_hour: the reload failed, the daemon goes on as before: "
        assert reload_by_command(tmp_path) == (1, f"{failed}workers in daemon.toml: expected 1 or more, got 0.\n")

        write(tmp_path, "workers = 1")
        (tmp_path / "app.py").write_text("import nothing_such")
        code, said = reload_by_command(tmp_path)
        assert (code, "No module named 'nothing_such'" in said) == (1, True)
        assert reload_by_command(tmp_path, "--timeout", "0") == (0, "")
        assert running.supervisor.stop() == 0
