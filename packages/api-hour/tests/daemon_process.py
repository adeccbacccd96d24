"""The real `api_hour` command, serving a Container that a test wrote into a directory."""

import os
import select
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path

from event_loops import TIMEOUT_S
from started_process import POLL_S, StartedProcess, started

Address = tuple[str, int] | str


class Daemon:
    """A running daemon and its workers."""

    def __init__(self, supervisor: StartedProcess) -> None:
        self.supervisor = supervisor

    def wait_ready(self, workers: int) -> list[int]:
        """Wait until so many workers have begun to serve, and return their process ids."""
        served = self.supervisor.wait_for(r"worker \d+ serves, pid (\d+)", count=workers)
        return [int(found[1]) for found in served]

    def tcp_address(self, number: int = 0) -> Address:
        """Return the address that the kernel chose for a `--bind 127.0.0.1:0`."""
        found = self.supervisor.wait_for(r"listening on 127\.0\.0\.1:(\d+)", count=number + 1)
        return ("127.0.0.1", int(found[number][1]))


@contextmanager
def daemon(
    directory: Path, *arguments: str, app: str, environment: Mapping[str, str] | None = None
) -> Iterator[Daemon]:
    """Run `api_hour ARGUMENTS app:Container` in a directory, `app` being the module's code; nothing of it is left."""
    (directory / "app.py").write_text(app)
    with ExitStack() as stack:
        stack.callback(kill_left, directory / "output.log")
        command = ["api_hour", *arguments, "app:Container"]
        yield Daemon(stack.enter_context(started(command, directory=directory, environment=environment)))


def kill_left(log_path: Path) -> None:
    """Kill the workers and successors that a log names and that outlived their supervisor."""
    words = log_path.read_text(encoding="utf-8").split()
    for word, pid in pairwise(words):
        if word == "pid" and pid.isdigit() and b"api_hour" in _command_line(int(pid)):
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@contextmanager
def watched(pids: list[int]) -> Iterator[list[int]]:
    """Give descriptors of running processes, which stay theirs when the ids are used again."""
    descriptors = [os.pidfd_open(pid) for pid in pids]
    try:
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def end_in_time(descriptors: list[int]) -> bool:
    """Wait for the end of every process that `watched` gave."""
    return all(select.select([descriptor], [], [], TIMEOUT_S)[0] for descriptor in descriptors)


def connect(address: Address) -> socket.socket:
    """Connect to a TCP address or to a unix socket's path."""
    client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
    client.settimeout(TIMEOUT_S)
    try:
        client.connect(address)
    except OSError:
        client.close()
        raise
    return client


def read_all(client: socket.socket) -> bytes:
    """Read until the server closes its end."""
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def get(path: str, *, close: bool = True) -> bytes:
    """Return a GET request."""
    connection = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{connection}\r\n".encode()


def exchange(address: Address, data: bytes) -> bytes:
    """Send bytes on a new connection and return all that comes back."""
    with connect(address) as client:
        client.sendall(data)
        return read_all(client)


def body_of(answer: bytes) -> str:
    """Return the body of a good answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), answer
    return body.decode()


def wait_for_file(path: Path) -> None:
    """Wait until a file is there."""
    end_at_s = time.monotonic() + TIMEOUT_S
    while not path.exists():
        assert time.monotonic() < end_at_s, f"no file {path} in time"
        time.sleep(POLL_S)
