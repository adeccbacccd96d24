"""One configuration file with every hook, under Gunicorn and under API-Hour: what is called, where, in which order.

The same is called, with the same, in the same processes. Elsewhere Gunicorn differs: at SIGQUIT it interrupts its
workers (`worker_int`), here they are killed; and a worker that has not answered in time may still get to its
`worker_exit` there.
"""

import json
import os
import re
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from daemon_process import connect, daemon, exchange, get, kill_left
from event_loops import TIMEOUT_S
from started_process import POLL_S, StartedProcess, started

CONF = """
import json
import os

bind = "unix:served.sock"
workers = 1
graceful_timeout = 5
timeout = {timeout}


def note(hook, **facts):
    line = json.dumps({{"hook": hook, "pid": os.getpid(), **facts}})
    with open({diary!r}, "a") as diary:
        diary.write(line + "\\n")


def on_starting(server):
    server.log.info("hook %s", "on_starting")
    note("on_starting", address=server.address, is_master=server.pid == os.getpid(), bind=server.cfg.bind)


def when_ready(server):
    note("when_ready", workers=server.num_workers)


def nworkers_changed(server, new_value, old_value):
    note("nworkers_changed", new=new_value, old=old_value)


def pre_fork(server, worker):
    note("pre_fork", age=worker.age, worker=worker.pid)


def post_fork(server, worker):
    worker.log.info("hook %s", "post_fork")
    master = [server.pid == os.getppid(), worker.ppid == os.getppid(), worker.pid == os.getpid()]
    note("post_fork", age=worker.age, master=master, timeout=worker.cfg.timeout)


def post_worker_init(worker):
    note("post_worker_init", age=worker.age, alive=worker.alive)


def pre_request(worker, req):
    seen = dict(req.headers)
    note("pre_request", what=[req.method, req.path, req.uri, req.query, list(req.version)], host=seen["HOST"])


def post_request(worker, req, environ, resp):
    length = next(value for name, value in resp.headers if name.lower() == "content-length")
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "RAW_URI", "HTTP_HOST", "wsgi.url_scheme")
    seen = [environ[name] for name in names]
    note("post_request", path=req.path, status=str(resp.status), code=resp.status_code, sent=resp.sent, length=length,
         environ=seen)


def worker_int(worker):
    note("worker_int", age=worker.age)


def worker_abort(worker):
    note("worker_abort", age=worker.age)


def worker_exit(server, worker):
    note("worker_exit", age=worker.age, is_own=worker.pid == os.getpid())


def child_exit(server, worker):
    note("child_exit", age=worker.age, is_known=isinstance(worker.pid, int))


def on_reload(server):
    note("on_reload")


def on_exit(server):
    note("on_exit")
"""
APP = """
import os
import time

def wsgi(environ, start_response):
    body = str(os.getpid()).encode()
    if environ["PATH_INFO"] == "/block":
        time.sleep(60)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope, receive, send):
    assert scope["type"] == "http", "it has no lifespan"
    body = str(os.getpid()).encode()
    if scope["path"] == "/block":
        time.sleep(60)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


Container = asgi
"""

SERVERS = {
    "gunicorn": ("gunicorn", "app:wsgi"),
    "api_hour": ("api_hour", "app:wsgi"),
    "api_hour with ASGI": ("api_hour", "app:asgi"),
}

Note = dict[str, Any]


class Hooked:
    """A running server, and the diary that the hooks write."""

    def __init__(self, process: StartedProcess, directory: Path) -> None:
        self.process = process
        self.address = str(directory / "served.sock")
        self._diary = directory / "diary.jsonl"

    def diary(self) -> list[Note]:
        """Return all that was noted."""
        return [json.loads(line) for line in self._diary.read_text().splitlines()] if self._diary.exists() else []

    def wait_for(self, hook: str, count: int) -> list[Note]:
        """Wait until a hook was called so many times."""
        end_at_s = time.monotonic() + TIMEOUT_S
        while len(found := [note for note in self.diary() if note["hook"] == hook]) < count:
            assert time.monotonic() < end_at_s, f"{self.diary()}\n{self.process.log}"
            time.sleep(POLL_S)
        return found

    def ask(self, path: str = "/") -> int:
        """Ask for a page, and return the process id of the worker that has answered."""
        head, _, body = exchange(self.address, get(path)).partition(b"\r\n\r\n")
        assert b" 200 OK" in head
        return int(body)

    def worker(self, age: int) -> int:
        """Return the process id of a worker."""
        return int(next(note["pid"] for note in self.diary() if note["hook"] == "post_fork" and note["age"] == age))


@contextmanager
def hooked(server: str, directory: Path, *, timeout: int = 30, conf: str = CONF) -> Iterator[Hooked]:
    """Run a server with the file, one worker serving."""
    directory.mkdir()
    (directory / "app.py").write_text(APP)
    diary = str(directory / "diary.jsonl")
    (directory / "gunicorn_conf.py").write_text(conf.format(diary=diary, timeout=timeout))
    program, target = SERVERS[server]
    command = [program, "-c", "gunicorn_conf.py", target]
    with started(command, directory=directory) as process:
        try:
            running = Hooked(process, directory)
            running.wait_for("post_worker_init", 1)
            process.wait_for(r"serves, pid|Booting worker")
            yield running
        finally:
            if program == "api_hour":
                kill_left(process.log_path)


def told(diary: list[Note]) -> dict[str, list[Note]]:
    """Return what was noted in each process: `supervisor`, and each worker by its number."""
    ages = {note["pid"]: note["age"] for note in diary if note["hook"] == "post_fork"}
    by_process: dict[str, list[Note]] = {}
    for note in diary:
        name = f"worker {ages[note['pid']]}" if note["pid"] in ages else "supervisor"
        by_process.setdefault(name, []).append({key: value for key, value in note.items() if key != "pid"})
    return by_process


def a_life(running: Hooked) -> None:
    """Start, answer, grow, shrink, reload, be interrupted, lose a worker to a crash and one to SIGABRT, and stop."""
    process = running.process.process
    assert running.ask("/a%20b?q=1") == running.worker(1)
    process.send_signal(signal.SIGTTIN)
    running.wait_for("post_worker_init", 2)
    _wait_serving(running, 2)
    process.send_signal(signal.SIGTTOU)
    running.wait_for("child_exit", 1)
    process.send_signal(signal.SIGHUP)
    running.wait_for("child_exit", 2)
    for number, end in enumerate((signal.SIGKILL, signal.SIGABRT, signal.SIGINT), start=3):
        _wait_serving(running, number)
        os.kill(running.worker(number), end)
        running.wait_for("child_exit", number)
        running.wait_for("post_worker_init", number + 1)
    _wait_serving(running, 6)
    assert running.process.stop() == 0


def _wait_serving(running: Hooked, age: int) -> None:
    """Wait until a worker serves; Gunicorn's does as soon as it is loaded."""
    running.wait_for("post_worker_init", age)
    if "api_hour" in running.process.log:
        running.process.wait_for(rf"worker {age} serves")


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Note]]]:
    """What was told by process during the same life, by server."""
    pytest.importorskip("gunicorn")
    directory = tmp_path_factory.mktemp("hooks")
    found = {}
    for server in SERVERS:
        with hooked(server, directory / server.replace(" ", "-")) as running:
            a_life(running)
            found[server] = told(running.diary())
    return found


@pytest.mark.parametrize("server", [server for server in SERVERS if server != "gunicorn"])
def test_the_same_hooks_are_called_in_the_same_processes_and_order(
    server: str, lives: dict[str, dict[str, list[Note]]]
) -> None:
    names = {
        name: {process: [note["hook"] for note in notes] for process, notes in life.items()}
        for name, life in lives.items()
    }

    assert names[server] == names["gunicorn"]
    assert lives[server] == lives["gunicorn"]


@pytest.mark.parametrize("server", SERVERS)
def test_at_ctrl_c_workers_are_interrupted(server: str, tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    with hooked(server, tmp_path / "served") as running:
        _wait_serving(running, 1)
        assert running.process.stop(signal.SIGINT) == 0
        notes = told(running.diary())

    assert [note["hook"] for note in notes["worker 1"]][-2:] == ["worker_int", "worker_exit"]
    assert notes["supervisor"][-1] == {"hook": "on_exit"}


@pytest.mark.parametrize("server", SERVERS)
def test_a_blocked_worker_is_told_before_it_is_killed(server: str, tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    with hooked(server, tmp_path / "served", timeout=2) as running:
        _wait_serving(running, 1)
        with connect(running.address) as client:
            client.sendall(get("/block"))
            running.wait_for("child_exit", 1)
        notes = told(running.diary())

    assert {"hook": "worker_abort", "age": 1} in notes["worker 1"]
    assert {"hook": "child_exit", "age": 1, "is_known": True} in notes["supervisor"]


def test_a_hook_that_raises_is_named_in_the_log_and_stops_nothing(tmp_path: Path) -> None:
    raising = "".join(
        f"def {name}(*_):\n    raise ValueError('{name} fails')\n\n\n"
        for name in (
            "when_ready",
            "pre_fork",
            "nworkers_changed",
            "pre_request",
            "post_request",
            "worker_exit",
            "child_exit",
            "on_reload",
            "on_exit",
        )
    )
    with hooked("api_hour", tmp_path / "raising", conf=CONF + raising) as running:
        _wait_serving(running, 1)
        assert running.ask() == running.worker(1)
        running.process.process.send_signal(signal.SIGHUP)
        _wait_serving(running, 2)
        running.process.wait_for("reload done")
        assert running.process.stop() == 0

    for name in re.findall("def (.*)[(]", raising):
        assert f"the hook {name} raised" in running.process.log
        assert f"ValueError: {name} fails" in running.process.log


@pytest.mark.parametrize("name", ["post_fork", "post_worker_init"])
def test_a_worker_whose_beginning_raises_does_not_come_up(name: str, tmp_path: Path) -> None:
    conf = f"def {name}(*_):\n    raise ValueError('no database')\n"
    (tmp_path / "conf.py").write_text(conf)
    with daemon(tmp_path, "-c", "conf.py", "-b", "127.0.0.1:0", "-w1", app=APP) as running:
        assert running.supervisor.wait() == 3
        assert "the last said: ValueError: no database" in running.supervisor.log


def test_a_daemon_whose_on_starting_raises_does_not_start(tmp_path: Path) -> None:
    conf = "def on_starting(server):\n    raise ValueError('no licence')\n"
    (tmp_path / "conf.py").write_text(conf)
    with daemon(tmp_path, "-c", "conf.py", "-b", "127.0.0.1:0", "-w1", app=APP) as running:
        assert running.supervisor.wait() == 3
        assert "api_hour: the hook on_starting raised ValueError: no licence\n" in running.supervisor.log
        assert "listening" not in running.supervisor.log


def test_a_reload_takes_the_workers_hooks_of_the_file_as_it_is_then(tmp_path: Path) -> None:
    with hooked("api_hour", tmp_path / "new") as running:
        _wait_serving(running, 1)
        path = tmp_path / "new" / "gunicorn_conf.py"
        path.write_text(path.read_text() + "\n\ndef pre_request(worker, req):\n    note('pre_request', new=True)\n")
        running.process.process.send_signal(signal.SIGHUP)
        running.wait_for("child_exit", 1)
        running.ask()

        assert running.wait_for("pre_request", 1)[-1]["new"]


USERS = """
import os


def post_fork(server, worker):
    worker.log.info("post_fork as %d", os.geteuid())


def post_worker_init(worker):
    worker.log.info("post_worker_init as %d, %d expected", os.geteuid(), worker.cfg.user)
"""

WITHOUT_HTTP = """
import api_hour


class Container(api_hour.Container):
    def make_servers(self):
        return [self.handle]

    async def handle(self, reader, writer):
        writer.close()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_worker_reads_the_file_and_calls_its_first_hook_before_it_becomes_another_user() -> None:
    with tempfile.TemporaryDirectory(prefix="api_hour_test_") as name:
        directory = Path(name)
        directory.chmod(0o755)
        (directory / "conf.py").write_text(USERS)
        (directory / "conf.py").chmod(0o600)
        options = ("-c", "conf.py", "-b", "127.0.0.1:0", "-w1", "--user", "nobody")
        with daemon(directory, *options, app=WITHOUT_HTTP) as running:
            running.wait_ready(1)
            assert "post_fork as 0" in running.supervisor.log
            assert "post_worker_init as 65534, 65534 expected" in running.supervisor.log
