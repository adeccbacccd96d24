"""Losses of a daemon when it is reloaded, recycles its workers, loses one, or gets bad code: ours beside its peers.

Every daemon has two workers and the same service, and takes the same trials one after the other, each time started
anew, under 2,000 requests/s on 200 kept connections. What is lost is what was due and not answered well.

    reloads     HUP once a second
    recycling   a worker is replaced after so many requests, where the daemon has that
    successor   USR2, and TERM to the old one where the daemon does not end it by itself
    killed      SIGKILL of one worker: what was lost, and the time until a new process answered
    broken      HUP with code that does not import, then HUP with code that does

Options: names of daemons; all without.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from rich.table import Table

from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import build_request
from rush_hour.report.terminal.console import make_console
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import Ports
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until

RUSH_HOUR = str(Path(sys.executable).with_name("rush-hour"))
PEERS = Path(__file__).parents[2] / ".venv-peers" / "bin"
WORKERS = 2
RATE_PER_S, CONNECTIONS = 2000, 200
RELOADS = 30
SETTLE_S = 3.0  # what a daemon may take to notice that new code is broken
PATIENCE_S = 15.0
ANSWER = re.compile(rb"(\w+) (\d+)")

ASGI = """
import os
BODY = b"{version} %d" % os.getpid()
START = {{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(BODY))]}}
END = {{"type": "http.response.body", "body": BODY}}

async def application(scope, receive, send):
    if scope["type"] == "http":
        await send(START)
        await send(END)
    else:
        raise NotImplementedError(scope["type"])
"""
WSGI = """
import os
BODY = b"{version} %d" % os.getpid()

def application(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(BODY)))])
    return [BODY]
"""
CONTAINER = """
import os
import api_hour
from api_hour.http import HttpServer, Response, Router
BODY = b"{version} %d" % os.getpid()
router = Router()

@router.get("/")
@router.post("/")
async def index(request):
    return Response(BODY)

class Container(api_hour.Container):
    def make_servers(self):
        return [HttpServer(router, container=self)]
"""
BROKEN = "raise RuntimeError('this code is broken')\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One daemon and what it can do.

    Attributes:
        command: `{port}` and `{workers}` are filled in.
        recycling: options that replace a worker after some requests; None when it has none.
        reloads: whether it reloads at HUP.
        successor: whether USR2 starts a successor, and whether the old one must be told to end.
    """

    name: str
    command: str
    service: str = ASGI
    recycling: str | None = None
    reloads: bool = True
    has_successor: bool = False
    ends_by_itself: bool = False


API_HOUR = "api_hour -w {workers} -b 127.0.0.1:{port}"
GUNICORN = "gunicorn --no-control-socket --workers {workers} -b 127.0.0.1:{port}"
OURS = Daemon(
    name="api-hour",
    command=f"{API_HOUR} app:Container",
    service=CONTAINER,
    recycling="--max-requests 2000 --max-requests-jitter 1000",
    has_successor=True,
    ends_by_itself=True,
)
DAEMONS = (
    OURS,
    replace(OURS, name="api-hour-asgi", command=f"{API_HOUR} app:application", service=ASGI),
    replace(OURS, name="api-hour-wsgi", command=f"{API_HOUR} app:application", service=WSGI),
    replace(OURS, name="api-hour-wsgi-threads", command=f"{API_HOUR} --threads 4 app:application", service=WSGI),
    Daemon(
        name="gunicorn-asgi",
        command=f"{GUNICORN} -k asgi app:application",
        recycling="--max-requests 2000 --max-requests-jitter 1000",
        has_successor=True,
    ),
    Daemon(
        name="gunicorn-sync",
        command=f"{GUNICORN} app:application",
        service=WSGI,
        recycling="--max-requests 2000 --max-requests-jitter 1000",
        has_successor=True,
    ),
    Daemon(
        name="uvicorn",
        command="uvicorn --workers {workers} --port {port} --no-access-log app:application",
        recycling="--limit-max-requests 2000 --limit-max-requests-jitter 1000",
    ),
    Daemon(
        name="granian",
        command="granian --interface asgi --workers {workers} --port {port} --respawn-failed-workers app:application",
    ),
    Daemon(
        name="hypercorn",
        command="hypercorn --workers {workers} --bind 127.0.0.1:{port} app:application",
        recycling="--max-requests 2000 --max-requests-jitter 1000",
        reloads=False,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A daemon that answers, and the file of its code."""

    part: Part
    url: str
    module: Path
    daemon: Daemon

    @property
    def main_pid(self) -> int:
        """The process that signals go to: the daemon's first, after the one that started it and sleeps.

        Raises:
            ProcessLookupError: the daemon is gone.
        """
        pid = self.part.process_ids()[1]
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:  # what sleeps does not wait for it
            raise ProcessLookupError(f"{self.daemon.name} is gone")
        return pid

    def write(self, version: str) -> None:
        """Give it new code."""
        self.module.write_text(self.daemon.service.format(version=version))

    def ask(self) -> tuple[str, int] | None:
        """Return version and process id of one answer on a connection of its own; None when there is none."""
        parts = parse_url(self.url)
        with suppress(StartError):
            if match := ANSWER.fullmatch(ask_once(build_request(parts), destination_of(parts).resolve()).body):
                return match[1].decode(), int(match[2])
        return None


def main(names: list[str]) -> None:
    """Put every daemon through every trial, and print a table."""
    table = Table(title=f"{RATE_PER_S:,} requests/s on {CONNECTIONS} connections", title_justify="left", box=None)
    table.add_column("daemon")
    for trial in TRIALS:
        table.add_column(trial, justify="right")
    for daemon in DAEMONS:
        if not names or daemon.name in names:
            cells = []
            for trial, run in TRIALS.items():
                print(f"{daemon.name}: {trial}", file=sys.stderr, flush=True)
                cells.append(run(daemon))
            table.add_row(daemon.name, *cells)
    make_console().print(table)


def reloads(daemon: Daemon) -> str:
    """Reload once a second."""
    if not daemon.reloads:
        return "-"
    with running(daemon) as it:
        return lost_under_load(
            it, RELOADS + 2, lambda: every_second(RELOADS, lambda: os.kill(it.main_pid, signal.SIGHUP))
        )


def recycling(daemon: Daemon) -> str:
    """Let workers be replaced after some requests."""
    if daemon.recycling is None:
        return "-"
    with running(daemon, daemon.recycling) as it:
        return lost_under_load(it, 10, lambda: None)


def successor(daemon: Daemon) -> str:
    """Replace the whole daemon."""
    if not daemon.has_successor:
        return "-"
    with running(daemon) as it:

        def replace() -> None:
            old_pid = it.main_pid
            os.kill(old_pid, signal.SIGUSR2)
            time.sleep(SETTLE_S)
            if not daemon.ends_by_itself:
                os.kill(old_pid, signal.SIGTERM)

        return lost_under_load(it, 10, replace)


def killed(daemon: Daemon) -> str:
    """Kill one worker."""
    with running(daemon) as it:
        recovered_s = [PATIENCE_S]

        def kill() -> None:
            serving = {answer[1] for answer in (it.ask() for _ in range(50)) if answer is not None}
            known = {*it.part.process_ids()}  # one that had no request to answer is not new either
            os.kill(min(serving - {it.main_pid}), signal.SIGKILL)
            start_s = time.monotonic()
            while (spent_s := time.monotonic() - start_s) < PATIENCE_S:
                answer = it.ask()
                if answer is not None and answer[1] not in known:
                    recovered_s[0] = spent_s
                    return

        lost = lost_under_load(it, 6, kill)
        return f"{lost}; {f'{recovered_s[0]:.2f} s' if recovered_s[0] < PATIENCE_S else 'no new worker'}"


def broken(daemon: Daemon) -> str:
    """Reload with broken code, then with good code."""
    if not daemon.reloads:
        return "-"
    with running(daemon) as it:
        it.module.write_text(BROKEN)
        os.kill(it.main_pid, signal.SIGHUP)
        time.sleep(SETTLE_S)
        answers = [it.ask() for _ in range(50)]
        good = sum(answer is not None for answer in answers)
        it.write("new")
        try:
            os.kill(it.main_pid, signal.SIGHUP)
        except ProcessLookupError:
            return "it ends"
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            if all((answer := it.ask()) is not None and answer[0] == "new" for _ in range(20)):
                return f"{'serves' if good == 50 else f'{good} of 50 answered'}; then the new code"
        return f"{'serves' if good == 50 else f'{good} of 50 answered'}; then not the new code"


TRIALS: dict[str, Callable[[Daemon], str]] = {
    f"lost in {RELOADS} reloads": reloads,
    "lost in recycling": recycling,
    "lost to a successor": successor,
    "lost at SIGKILL; new worker after": killed,
    "broken code": broken,
}


@contextmanager
def running(daemon: Daemon, options: str = "") -> Iterator[Running]:
    """Start a daemon in a directory of its own, and stop it afterwards."""
    with RunDirectory() as run_directory, Ports() as ports, ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        port = ports.take(8010)
        url = f"http://127.0.0.1:{port}/"
        module = directory / "app.py"
        module.write_text(daemon.service.format(version="old"))
        program, _, arguments = daemon.command.format(port=port, workers=WORKERS).partition(" ")
        environment = base_environment()
        environment |= {
            "PATH": f"{environment['PATH']}{os.pathsep}{PEERS}",
            "PYTHONPATH": str(directory),
            "PYTHONDONTWRITEBYTECODE": "1",  # two versions within a second must not be taken for one
        }
        part = stack.enter_context(
            Part(
                ["sh", "-c", f"{program} {options} {arguments} & exec sleep infinity"],  # it may hand over, and end
                run_directory,
                log_path=directory / "log",
                environment=environment,
                directory=directory,
            )
        )
        it = Running(part=part, url=url, module=module, daemon=daemon)
        wait_until(lambda: None if it.ask() else "no answer", part, what=daemon.name, timeout_s=PATIENCE_S)
        yield it


def lost_under_load(
    it: Running, duration_s: int, meanwhile: Callable[[], None], *, rate_per_s: int = RATE_PER_S
) -> str:
    """Load a daemon, do something meanwhile, and say how many of the requests due were lost, and how."""
    with TemporaryDirectory() as directory:
        result_path = Path(directory, "result.json")
        command = (
            f"{RUSH_HOUR} load -t1 -c{CONNECTIONS} -R{rate_per_s} -d{duration_s}s --expect-status 200 "
            f"--expect-body any --json {result_path} {it.url}"
        )
        with subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            time.sleep(1.5)  # until it is measuring
            meanwhile()
        result = json.loads(result_path.read_text())["result"]
    lost = result["requests_due"] - result["responses_good"]
    errors = ", ".join(f"{name} {count}" for name, count in result["errors"].items())
    return f"{lost:,} of {result['requests_due']:,}" + (f" ({errors})" if errors else "")


def every_second(times: int, act: Callable[[], None]) -> None:
    """Do something so many times, a second apart."""
    for _ in range(times):
        with suppress(ProcessLookupError):  # a daemon that is gone loses what follows
            act()
        time.sleep(1.0)


if __name__ == "__main__":
    main(sys.argv[1:])
