"""An application's servers: API-Hour and the one it is compared with, each started, asked and ended in turn."""

import importlib.metadata
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from applications_client import Client
from applications_seen import Transcript

from rush_hour.errors import StartError
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import HOST, Ports
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import POLL_S, wait_until

HERE = Path(__file__).parent
READY_S = 120.0
END_S = 60.0
KEEP_ALIVE_S = 75
ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # some applications show sets
    "PYTHONUNBUFFERED": "1",
}
SERVERS = {
    "uvicorn": ["uvicorn", "--host", HOST, "--port", "{port}", f"--timeout-keep-alive={KEEP_ALIVE_S}"],
    "gunicorn": ["gunicorn", "-b", f"{HOST}:{{port}}", "--threads=4", f"--keep-alive={KEEP_ALIVE_S}"],
    "gunicorn-aiohttp": ["gunicorn", "-b", f"{HOST}:{{port}}", "-k", "aiohttp.GunicornWebWorker"],
    "api-hour": ["api_hour", "-b", f"{HOST}:{{port}}"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application, and the conversation that is held with it.

    Attributes:
        name: as it is listed.
        packages: the distributions that it is made of, the one that it is named after first.
        site: what is copied to where it runs: a file or a directory.
        target: MODULE:NAME of its entry point.
        reference: the server that it is compared with, of `SERVERS`.
        talk: the conversation.
        prepare: makes its data, in its directory.
        workers: how many API-Hour has; 1 where clients meet in the memory of a process.
        options: of API-Hour, beside these.
        environment: that it is started with.
        masks: see `Transcript`.
        known: steps that differ, and why they may.
        is_large: whether what it needs takes long to install.
    """

    name: str
    packages: tuple[str, ...]
    site: str | None = None
    target: str
    reference: str
    talk: Callable[[Client], None]
    prepare: Callable[[Path], None] = field(default=lambda _directory: None)
    workers: int = 2
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    masks: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    is_large: bool = False

    def versions(self) -> str:
        """Return what is installed of it."""
        return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in self.packages)

    def command(self, server: str, port: int) -> list[str]:
        """Return the command line of a server of it."""
        words = [word.format(port=port) for word in SERVERS[server]]
        if server == "api-hour":
            words += [f"--workers={self.workers}", *self.options]
        return [*words, self.target]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A conversation with one server.

    Attributes:
        transcript: what was seen.
        complaints: what should not have happened.
        log: all that it has said.
    """

    transcript: Transcript
    complaints: list[str]
    log: str


def run(application: Application, servers: Sequence[str]) -> list[Run]:
    """Have the conversation with an application under each server, each on the same port, directory and fresh data."""
    with RunDirectory() as run_directory, Ports() as ports:
        prepared = run_directory.path / "prepared"
        place(application, prepared)
        application.prepare(prepared)
        port = ports.take(0)
        runs = []
        for server in servers:
            directory = run_directory.path / "site"
            shutil.copytree(prepared, directory)
            runs.append(converse(application, server, port, directory, run_directory))
            shutil.rmtree(directory)
        return runs


def place(application: Application, directory: Path) -> None:
    """Make the directory of an application, with its code."""
    source = None if application.site is None else HERE / "sites" / application.site
    if source is None:
        directory.mkdir()
    elif source.is_dir():
        shutil.copytree(source, directory, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        directory.mkdir()
        shutil.copy2(source, directory)


def converse(application: Application, server: str, port: int, directory: Path, run_directory: RunDirectory) -> Run:
    """Start a server, have the conversation, and end the server."""
    log_path = run_directory.path / f"{server}.log"
    complaints: list[str] = []
    transcript = Transcript(masks=application.masks)
    environment = base_environment() | ENVIRONMENT
    with Part(
        application.command(server, port),
        run_directory,
        log_path=log_path,
        environment={**environment, **application.environment},
        directory=directory,
    ) as part:
        wait_until(lambda: _refusal(port), part, what=f"{application.name} under {server}", timeout_s=READY_S)
        ending = Ending(part)
        with Client(port, transcript, stop=ending.begin) as client:
            try:
                application.talk(client)
            except Exception as error:  # noqa: BLE001  # whatever a server makes a client raise is a finding
                complaints.append(f"the conversation ended early: {type(error).__name__}: {error}")
        complaints += ending.wait()
    if server == "api-hour" and part.exit_code != 0:
        complaints.append(f"it ended with exit code {part.exit_code}, expected 0")
    return Run(transcript=transcript, complaints=complaints, log=log_path.read_text(errors="replace"))


def _refusal(port: int) -> str | None:
    try:
        with socket.create_connection((HOST, port), timeout=READY_S):
            return None
    except OSError as error:
        return str(error)


class Ending:
    """The end of a server. Its keeper sleeps meanwhile, which would end what the server has left, and nobody saw it.

    Args:
        part: the server, which runs.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        self._keeper = psutil.Process(part.keeper_id)
        self._server = psutil.Process(part.process_ids()[0])
        self._has_begun = False

    def begin(self) -> None:
        """Ask the server to end."""
        self._keeper.suspend()
        self._has_begun = True
        self._server.terminate()

    def wait(self) -> list[str]:
        """Wait for the end, for which it is asked unless it has been, and return what is wrong with it."""
        if not self._has_begun and self._part.exit_code is not None:
            return [f"it ended by itself, with exit code {self._part.exit_code}"]
        try:
            if not self._has_begun:
                self.begin()
            give_up_at_s = time.monotonic() + END_S
            while _runs(self._server) and time.monotonic() < give_up_at_s:
                time.sleep(POLL_S)
            left = [process for process in self._keeper.children(recursive=True) if _runs(process)]
            found = [f"process {each.pid} is left: {' '.join(each.cmdline())}" for each in left]
        finally:
            self._keeper.resume()
        return found


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def python(directory: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run this interpreter in the directory of an application.

    Raises:
        StartError: it failed; the message has what it said.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env={**base_environment(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartError(f"python {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
