"""Clients that ask all the time, each on a connection that it keeps for as long as the server lets it."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from event_loops import POLL_S, TIMEOUT_S


@dataclass(slots=True)
class Traffic:
    """What the clients have got."""

    address: tuple[str, int]
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, count: int) -> None:
        """Wait until so many more answers have come."""
        wanted = self.answers.total() + count
        waiting = threading.Event()
        for _ in range(int(TIMEOUT_S / POLL_S)):
            if self.answers.total() >= wanted:
                return
            waiting.wait(POLL_S)
        raise AssertionError(f"no {count} answers in time, only {self.answers}; failures: {self.failures}")

    def run(self) -> None:
        """Ask until the end, one request after the other on one connection."""
        connection = http.client.HTTPConnection(*self.address, timeout=TIMEOUT_S)
        while not self._end.wait(POLL_S):
            try:
                connection.request("GET", "/")
                with connection.getresponse() as response:  # it reconnects if the answer says that this was the last
                    self._note(response.status, response.read().decode())
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.failures.append(repr(error))
                connection.close()
        connection.close()

    def end(self) -> None:
        """Ask nothing more."""
        self._end.set()

    def _note(self, status: int, body: str) -> None:
        with self._lock:
            if status == 200:
                self.answers[body] += 1
            else:
                self.failures.append(f"{status} {body}")


@contextmanager
def traffic(address: object, *, connections: int = 8) -> Iterator[Traffic]:
    """Let clients ask for `/` during the block."""
    assert isinstance(address, tuple)
    running = Traffic(address)
    threads = [threading.Thread(target=running.run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    try:
        running.wait_for(connections)
        yield running
    finally:
        running.end()
        for thread in threads:
            thread.join()
