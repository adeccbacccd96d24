"""What a daemon and its application print and log: to descriptors of their own, for readers that may stand still."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from daemon_process import body_of, connect, daemon, exchange, get, kill_left
from event_loops import TIMEOUT_S
from started_process import POLL_S, PROGRAMS

from api_hour.log.outlet import KEPT_BYTES
from api_hour.process.pidfile import running_pid

PROGRAM = str(PROGRAMS / "api_hour")

APP = """
import json
import logging
import os
import sys

async def say(path):
    if path == "/log":
        for _ in range(100):
            logging.getLogger("mine").warning("x" * 1000)
        return "logged"
    logging.getLogger("mine").warning("logged by the application")
    print("printed", flush=True)
    sys.stderr.write("written\\n")
    os.system("echo said by a child")
    return [os.getpid(), os.getppid(), *(os.readlink(f"/proc/self/fd/{fd}") for fd in range(3))]

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError
    body = json.dumps(await say(scope["path"])).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(APP)
    Path("a.log").touch()
    yield
    if (pid := running_pid(Path("a.pid"))) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    kill_left(Path("a.log"))


def ask(path: str = "/") -> Any:
    return json.loads(body_of(exchange("a.sock", get(path))))


def listens() -> bool:
    try:
        connect("a.sock").close()
    except OSError:  # there is a file before it listens
        return False
    return True


def wait_until(condition: object, what: str) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while not (condition() if callable(condition) else condition):
        assert time.monotonic() < end_at_s, what
        time.sleep(POLL_S)


def stop(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: running_pid(Path("a.pid")) is None, "it does not end")
    finally:
        os.close(descriptor)


def test_descriptors_that_are_closed_at_the_start_are_opened_on_nothing() -> None:
    command = ["bash", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "-w1", "-p", "a.pid", "-b", "unix:a.sock"]
    with subprocess.Popen([*command, "--log-file", "a.log", "app:app"]) as process:
        try:
            wait_until(lambda: "serves, pid" in Path("a.log").read_text(), "it does not serve")
            _, supervisor, *descriptors = ask()
            assert supervisor == process.pid
            assert descriptors == [os.devnull] * 3
            for fd in range(3):
                assert Path(f"/proc/{supervisor}/fd/{fd}").readlink() == Path(os.devnull)
            process.terminate()
            assert process.wait(TIMEOUT_S) == 0
        finally:
            process.kill()


def test_so_is_a_wrong_option_said_to_nobody_without_a_fault() -> None:
    command = ["bash", "-c", 'exec "$0" "$@" >&- 2>&-', PROGRAM, "-w", "many", "app:app"]

    assert subprocess.run(command, check=False, timeout=TIMEOUT_S).returncode == 2


def test_what_is_printed_goes_to_the_new_file_when_the_log_was_moved_away() -> None:
    options = ("-D", "-w1", "-p", "a.pid", "-b", "unix:a.sock", "--log-file", "a.log", "app:app")
    assert subprocess.run([PROGRAM, *options], check=False, timeout=TIMEOUT_S).returncode == 0
    pid = running_pid(Path("a.pid"))
    assert pid is not None
    said = ("logged by the application", "printed", "written", "said by a child")
    ask()
    assert all(Path("a.log").read_text().count(word) == 1 for word in said)

    for number, rotate in enumerate((signal.SIGUSR1, signal.SIGHUP), 1):
        Path("a.log").rename(f"a.log.{number}")
        os.kill(pid, rotate)
        wait_until(lambda: leads_to_log(pid), "the supervisor prints to the old file")
        if rotate is signal.SIGHUP:
            wait_until(lambda: "reload done" in Path("a.log").read_text(), "no reload")
        assert leads_to_log(ask_where_it_prints(said))
    stop(pid)


def leads_to_log(pid: int) -> bool:
    """Tell whether a process prints to the file that is the log now."""
    log = Path("a.log")
    return log.exists() and all(log.samefile(f"/proc/{pid}/fd/{fd}") for fd in (1, 2))


def ask_where_it_prints(said: tuple[str, ...]) -> int:
    """Ask until all that is said is in the new file, and return the worker's process id."""
    worker = 0

    def is_there() -> bool:
        nonlocal worker
        worker, *_ = ask()
        return all(word in Path("a.log").read_text() for word in said)

    wait_until(is_there, "what is printed goes elsewhere")
    return worker


@pytest.mark.parametrize("options", [(), ("--access-log", "json")])
def test_a_reader_that_stands_still_stops_nobody_and_what_is_lost_is_counted(options: tuple[str, ...]) -> None:
    read_fd, write_fd = os.pipe()
    command = [PROGRAM, "-w1", "-p", "a.pid", "-b", "unix:a.sock", "-t", "2", *options, "app:app"]
    with subprocess.Popen(command, stdout=write_fd, stderr=write_fd) as process:
        os.close(write_fd)
        try:
            wait_until(listens, "it does not listen")
            pids = {ask()[0]}
            for _ in range(KEPT_BYTES // 100_000 + 5):
                assert ask("/log") == "logged"
            pids.add(ask()[0])
            assert len(pids) == 1, "a worker was stopped"
            read, wait = b"", time.monotonic() + TIMEOUT_S
            while b" lines were lost: nobody read what was logged" not in read:
                assert time.monotonic() < wait, "it is not said"
                read += os.read(read_fd, 1 << 20)
            process.terminate()
            while part := os.read(read_fd, 1 << 20):
                read += part
            assert process.wait(TIMEOUT_S) == 0
            assert read.count(b"ended with exit code 0") == 1
            assert (read.count(b'"path":"/log"') > 0) is bool(options)
        finally:
            process.kill()
            os.close(read_fd)


def test_an_application_configures_its_own_logging(tmp_path: Path) -> None:
    app = "import logging\nlogging.basicConfig(level=logging.DEBUG, format='MYAPP %(levelname)s %(message)s')\n"
    app += "logging.getLogger('myapp').debug('hello')\n" + APP
    with daemon(
        tmp_path, "-w1", "-b", "unix:a.sock", app=app.replace("async def app", "async def Container")
    ) as running:
        running.wait_ready(1)
        assert running.supervisor.stop() == 0
    lines = running.supervisor.log.splitlines()
    assert "MYAPP DEBUG hello" in lines
    assert sum("Starting application..." in line for line in lines) == 1


def test_a_socket_that_comes_as_standard_input_is_served_under_another_number(tmp_path: Path) -> None:
    listen = (
        "import os, socket, sys\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind('a.sock')\n"
        "listener.listen()\n"
        "os.dup2(listener.fileno(), 0)\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    command = [
        sys.executable,
        "-c",
        listen,
        PROGRAM,
        "-w1",
        "-p",
        "a.pid",
        "-b",
        "fd://0",
        "--log-file",
        "a.log",
        "app:app",
    ]
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: "serves, pid" in Path("a.log").read_text(), "it does not serve")
            assert ask()[2] == os.devnull
            assert Path(f"/proc/{process.pid}/fd/0").readlink() == Path(os.devnull)
            process.terminate()
            assert process.wait(TIMEOUT_S) == 0
        finally:
            process.kill()
