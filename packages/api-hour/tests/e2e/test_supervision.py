"""Reloads, recycling, handovers and blocked workers, with real processes and clients that never stop asking."""

import json
import os
import re
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from daemon_process import (
    Daemon,
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
from service_manager import service_manager
from traffic import traffic

ANY_PORT = ("-b", "127.0.0.1:0")

APP = """
import time
from pathlib import Path

import api_hour
from api_hour.http import HttpServer, Router

VERSION = 1
HELD = []


class Container(api_hour.Container):
    def __init__(self, **given):
        super().__init__(**given)
        router = Router()
        for path, handler in {"/": self.version, "/pid": self.pid, "/block": self.block, "/grow": self.grow}.items():
            router.add("GET", path, handler)
        self.servers["http"] = HttpServer(router, container=self)

    def make_servers(self):
        return [self.servers["http"]]

    async def version(self, request):
        self.worker.stats.begin()
        self.worker.stats.end(0.001)
        return f"version {VERSION}"

    async def pid(self, request):
        return self.worker.pid

    async def block(self, request):
        Path("begun").touch()
        BLOCK

    async def grow(self, request):
        HELD.append(b"x" * 200_000_000)
        return "grown"
"""


def version(number: int) -> str:
    return APP.replace("VERSION = 1", f"VERSION = {number}")


def answer(number: int) -> str:
    return f'"version {number}"'


def write_app(directory: Path, code: str) -> None:
    """Replace the application's code, as a deployment does."""
    (directory / "new.py").write_text(code)
    (directory / "new.py").rename(directory / "app.py")
    for stale in directory.glob("__pycache__/app.*"):
        stale.unlink()  # two versions within a second look alike


def hang_up(running: Daemon) -> None:
    running.supervisor.process.send_signal(signal.SIGHUP)


def served_version(running: Daemon) -> str:
    return body_of(exchange(running.tcp_address(), get("/")))


def fds_of(running: Daemon) -> int:
    return len([*Path(f"/proc/{running.supervisor.process.pid}/fd").iterdir()])


# Reload.


def test_reloads_lose_no_request_and_new_code_is_served(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w2", app=APP) as running:
        running.wait_ready(2)
        with traffic(running.tcp_address()) as clients:
            for number in (2, 3, 4):
                write_app(tmp_path, version(number))
                hang_up(running)
                running.supervisor.wait_for("INFO api_hour.supervisor: reload done", count=number - 1)
                clients.wait_for(50)
        assert clients.failures == []
        assert list(clients.answers) == [answer(number) for number in (1, 2, 3, 4)]
        assert served_version(running) == answer(4)
        assert running.supervisor.stop() == 0
    assert not re.search("ERROR|WARNING|Traceback", running.supervisor.log)


def test_broken_code_is_said_once_and_the_old_workers_serve_until_the_code_is_mended(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w2", app=APP) as running:
        pids = running.wait_ready(2)
        with traffic(running.tcp_address()) as clients:
            write_app(tmp_path, "import nowhere_to_be_found")
            hang_up(running)
            running.supervisor.wait_for("reload failed")
            clients.wait_for(50)
            assert running.supervisor.process.poll() is None
            assert running.supervisor.log.count("Traceback") == 1
            assert (
                "ERROR api_hour.supervisor: reload failed, 2 workers stay as they are: "
                "ModuleNotFoundError: No module named 'nowhere_to_be_found'\n"
            ) in running.supervisor.log
            assert json.loads(body_of(exchange(running.tcp_address(), get("/pid")))) in pids

            write_app(tmp_path, version(2))
            hang_up(running)
            running.supervisor.wait_for("reload done")
            clients.wait_for(50)
        assert clients.failures == []
        assert list(clients.answers) == [answer(1), answer(2)]
        assert served_version(running) == answer(2)
        assert running.supervisor.stop() == 0


# Recycling.


def test_workers_are_recycled_and_reloaded_without_a_lost_request_and_nothing_piles_up(tmp_path: Path) -> None:
    limits = ("--max-requests", "200", "--max-requests-jitter", "100")
    with daemon(tmp_path, *ANY_PORT, "-w2", *limits, app=APP) as running:
        running.wait_ready(2)
        fds = fds_of(running)
        with traffic(running.tcp_address()) as clients:
            running.supervisor.wait_for(r"worker \d+ retires, pid \d+: requests", count=4)
            hang_up(running)
            running.supervisor.wait_for("reload done")
            clients.wait_for(50)
        running.supervisor.wait_for(r"worker \d+, pid \d+, ended with exit code 0", count=6)
        assert clients.failures == []
        write_app(tmp_path, version(2))
        hang_up(running)  # after this reload nobody asks, so that no worker is recycled
        running.supervisor.wait_for("reload done", count=2)
        retired = running.supervisor.log.count(" retires, pid ")
        running.supervisor.wait_for(r"worker \d+, pid \d+, ended with exit code 0", count=retired)
        assert fds_of(running) == fds
        assert running.supervisor.stop() == 0


@pytest.mark.parametrize("reason", ["memory", "lifetime"])
def test_a_worker_that_is_too_big_or_too_old_is_replaced(reason: str, tmp_path: Path) -> None:
    limit = {"memory": ("--max-rss", "150M"), "lifetime": ("--max-lifetime", "1")}[reason]
    with daemon(tmp_path, *ANY_PORT, "-w1", *limit, app=APP) as running:
        [pid] = running.wait_ready(1)
        if reason == "memory":
            assert body_of(exchange(running.tcp_address(), get("/grow"))) == '"grown"'

        running.supervisor.wait_for(rf"worker 1 retires, pid {pid}: {reason}\n")

        running.supervisor.wait_for(rf"worker 1, pid {pid}, ended with exit code 0\n")
        assert json.loads(body_of(exchange(running.tcp_address(), get("/pid")))) != pid
        assert running.supervisor.stop() == 0


# Handover.


def test_a_successor_takes_over_without_a_lost_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "below"
    below.mkdir()
    write_app(below, APP)
    arguments = ("--chdir", "below", "-b", "unix:b.sock", "-w2")  # the successor must begin where the first began
    with daemon(tmp_path, *ANY_PORT, *arguments, app="") as running, ExitStack() as stack:
        running.wait_ready(2)
        with traffic(running.tcp_address()) as clients:
            write_app(below, version(2))
            running.supervisor.process.send_signal(signal.SIGUSR2)
            successor_pid = int(running.supervisor.wait_for(r"successor started, pid (\d+)")[0][1])
            successor = stack.enter_context(watched([successor_pid]))
            assert running.supervisor.wait() == 0
            clients.wait_for(50)
        assert clients.failures == []
        assert list(clients.answers) == [answer(1), answer(2)]

        monkeypatch.chdir(below)  # a unix socket's path has a limit that `tmp_path` may reach
        assert body_of(exchange("b.sock", get("/"))) == answer(2)  # the one before has left the file
        signal.pidfd_send_signal(successor[0], signal.SIGTERM)
        assert end_in_time(successor)
    assert not (below / "b.sock").exists()
    assert not re.search("ERROR|WARNING|Traceback", running.supervisor.log)


def test_a_successor_that_does_not_come_up_is_said_and_nothing_changes(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-b", "unix:b.sock", "-w2", app=APP) as running:
        running.wait_ready(2)
        with traffic(running.tcp_address()) as clients:
            write_app(tmp_path, "1 / 0")
            running.supervisor.process.send_signal(signal.SIGUSR2)
            running.supervisor.wait_for(
                r"ERROR api_hour.supervisor: the successor pid \d+, ended with exit code 3: this supervisor goes on\n"
            )
            clients.wait_for(50)
        assert clients.failures == []
        assert list(clients.answers) == [answer(1)]
        assert (tmp_path / "b.sock").is_socket()
        assert running.supervisor.stop() == 0


# Workers that fall or hang.


def test_a_killed_worker_costs_its_requests_in_flight_and_is_replaced(tmp_path: Path) -> None:
    connections = 8
    with daemon(tmp_path, *ANY_PORT, "-w2", app=APP) as running:
        first, _ = running.wait_ready(2)
        with traffic(running.tcp_address(), connections=connections) as clients, watched([first]) as descriptors:
            signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)
            running.wait_ready(3)
            clients.wait_for(50)
        assert len(clients.failures) <= connections
        assert running.supervisor.stop() == 0


@pytest.mark.parametrize("block", ["time.sleep(1000)", "sum(range(10**12))"])
def test_a_blocked_worker_leaves_its_stack_in_the_log_and_is_replaced_and_the_other_serves(
    block: str, tmp_path: Path
) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w2", "--timeout", "1", app=APP.replace("BLOCK", block)) as running:
        pids = running.wait_ready(2)
        with connect(running.tcp_address()) as stuck:
            stuck.sendall(get("/block"))
            wait_for_file(tmp_path / "begun")
            others = {json.loads(body_of(exchange(running.tcp_address(), get("/pid")))) for _ in range(20)}
            assert len(others) == 1
            assert others < set(pids)

            running.wait_ready(3)
            assert read_all(stuck) == b""
        [blocked_pid] = set(pids) - others
        [found] = running.supervisor.wait_for(
            r"ERROR api_hour.supervisor: worker (\d), pid (\d+), gave no sign of life in time; its stack:\n"
            r"(?:  .*\n|.*[Tt]hread.*\n|\n)*?  File .*app\.py\", line \d+ in block\n"
        )
        assert int(found[2]) == blocked_pid
        assert f"worker {found[1]} gave no sign of life in time: killed\n" in running.supervisor.log
        assert running.supervisor.log.count("killed\n") == 1
        assert running.supervisor.stop() == 0


def test_a_worker_that_cannot_be_replaced_is_tried_again_and_again_until_it_can(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w1", app=APP) as running:
        [pid] = running.wait_ready(1)
        write_app(tmp_path, "1 / 0")
        with watched([pid]) as descriptors:
            signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)
        running.supervisor.wait_for(r"worker \d+, pid \d+, ended with exit code 3", count=2)
        write_app(tmp_path, version(2))
        running.wait_ready(2)

        assert served_version(running) == answer(2)
        log = running.supervisor.log
        starts, ends = (len(re.findall(rf"worker \d+{word}", log)) for word in (" started", ", pid .*ended"))
        assert starts == ends + 1
        assert running.supervisor.stop() == 0


# More and fewer workers.


def test_workers_are_added_and_taken_away_on_request(tmp_path: Path) -> None:
    with daemon(tmp_path, *ANY_PORT, "-w1", app=APP) as running:
        [pid] = running.wait_ready(1)
        running.supervisor.process.send_signal(signal.SIGTTIN)
        running.wait_ready(2)
        running.supervisor.process.send_signal(signal.SIGTTOU)

        running.supervisor.wait_for(rf"worker 1 retires, pid {pid}: one worker less is wanted\n")
        running.supervisor.wait_for(rf"worker 1, pid {pid}, ended with exit code 0\n")
        assert json.loads(body_of(exchange(running.tcp_address(), get("/pid")))) != pid
        assert running.supervisor.stop() == 0


# The service manager.


def test_the_service_manager_is_told_of_every_change_and_that_the_daemon_serves(tmp_path: Path) -> None:
    name = f"api-hour-test-{os.getpid()}"
    environment = {"NOTIFY_SOCKET": f"@{name}", "WATCHDOG_USEC": "200000"}
    with service_manager(name) as told, daemon(tmp_path, *ANY_PORT, "-w2", app=APP, environment=environment) as running:
        running.wait_ready(2)
        hang_up(running)
        running.supervisor.wait_for("reload done")
        running.supervisor.process.send_signal(signal.SIGUSR2)
        pid = int(running.supervisor.wait_for(r"successor started, pid (\d+)")[0][1])
        with watched([pid]) as successor:
            assert running.supervisor.wait() == 0
            signal.pidfd_send_signal(successor[0], signal.SIGTERM)
            assert end_in_time(successor)
    told.remove(b"WATCHDOG=1")
    states = [re.sub(rb"\d{2,}", b"N", state) for state in told]
    assert states[:3] == [b"READY=1", b"RELOADING=1\nMONOTONIC_USEC=N", b"READY=1"]
    assert sorted(states[3:5]) == [b"MAINPID=N", b"READY=1"]  # of two processes, in any order
    assert states[5:] == [b"STOPPING=1"]
    assert f"MAINPID={pid}".encode() in told


# Signals to all processes.


def test_what_the_supervisor_is_asked_means_nothing_to_a_worker(tmp_path: Path) -> None:
    numbers = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH)
    with daemon(tmp_path, *ANY_PORT, "-w1", app=APP) as running:
        with watched(running.wait_ready(1)) as [worker]:
            for number in numbers:
                signal.pidfd_send_signal(worker, number)
        assert body_of(exchange(running.tcp_address(), get("/"))) == answer(1)
        assert running.supervisor.stop() == 0
    assert len(re.findall(r"worker \d+ started", running.supervisor.log)) == 1


def test_nor_to_one_that_comes_up(tmp_path: Path) -> None:
    waiting = "import time\nfrom pathlib import Path\nPath('begun').touch()\n"
    waiting += "while not Path('go').exists(): time.sleep(0.01)\n"
    numbers = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
    with daemon(tmp_path, *ANY_PORT, "-w1", app=waiting + APP) as running:
        pid = int(running.supervisor.wait_for(r"worker 1 started, pid (\d+)")[0][1])
        with watched([pid]) as [worker]:
            for number in numbers:
                signal.pidfd_send_signal(worker, number)
            wait_for_file(tmp_path / "begun")
            for number in numbers:
                signal.pidfd_send_signal(worker, number)
        (tmp_path / "go").touch()
        running.wait_ready(1)
        assert running.supervisor.stop() == 0
    assert len(re.findall(r"worker \d+ started", running.supervisor.log)) == 1
