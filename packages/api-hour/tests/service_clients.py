"""Clients of a service that several daemons give: each request is one call, on a connection of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from monitored import wait_for

CLIENTS = 4


class Clients:
    """Clients that ask all the time.

    Args:
        asks: functions that ask once, each of another daemon, and raise when the answer is not right.

    Attributes:
        asks: those functions; a change holds for the next request of each client.
        answered: how many requests were answered well.
        failures: what the others have raised.
    """

    def __init__(self, asks: Sequence[Callable[[], None]]) -> None:
        self.asks = asks
        self.answered = 0
        self.failures: list[str] = []
        self._end = threading.Event()

    @contextmanager
    def asking(self) -> Iterator["Clients"]:
        """Ask during the block."""
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._end.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more requests were answered, or one has failed."""
        wanted = self.answered + count
        wait_for(lambda: self.answered, is_so=lambda answered: answered >= wanted or bool(self.failures))

    def _run(self, number: int) -> None:
        while not self._end.is_set():
            number += 1
            asks = self.asks
            try:
                asks[number % len(asks)]()
            except (OSError, AssertionError, ValueError) as error:
                self.failures.append(repr(error))
            else:
                self.answered += 1
