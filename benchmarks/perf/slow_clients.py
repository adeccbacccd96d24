"""Clients that send a byte a second, half of them in their heads, half in their bodies; who is cut is replaced."""

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nX-Filler: %s\r\n\r\n" % (b"x" * 1000)
PERIOD_S = 1.0  # between two bytes of a client


@dataclass(slots=True)
class SlowClient:
    """One connection; `unsent` goes out byte by byte."""

    connection: socket.socket
    unsent: deque[int]
    is_in_head: bool
    began_at_s: float = field(default_factory=time.monotonic)


class SlowClients:
    """A thread that keeps them going.

    Args:
        address: of the server, TCP.
        count: how many at any time.
        waves: in how many parts of a period they send: 1 for all in the same instant.

    Attributes:
        cut_after_s: how long those lived that the server has cut, by whether they were in their heads.
        sent_bytes: how much they have sent, one at a time.
    """

    def __init__(self, address: tuple[str, int], count: int, waves: int) -> None:
        self.cut_after_s: dict[bool, list[float]] = {True: [], False: []}
        self.sent_bytes = 0
        self._address = address
        self._selector = selectors.DefaultSelector()
        self._waves: list[list[SlowClient]] = [[] for _ in range(waves)]
        for number in range(count):
            self._connect(self._waves[number // 2 % waves], is_in_head=bool(number % 2))

    def run(self, ended: threading.Event) -> None:
        """Send until told to end."""
        next_at_s = time.monotonic()
        for wave in cycle(self._waves):
            next_at_s += PERIOD_S / len(self._waves)
            if ended.wait(max(0.0, next_at_s - time.monotonic())):
                return
            self._replace_cut()
            for client in wave:
                with suppress(OSError):  # cut: seen at the next look
                    self.sent_bytes += client.connection.send(bytes([client.unsent.popleft()]))

    def close(self) -> None:
        """Close all of them."""
        for wave in self._waves:
            for client in wave:
                client.connection.close()
        self._selector.close()

    def _connect(self, wave: list[SlowClient], *, is_in_head: bool) -> None:
        connection = socket.create_connection(self._address)
        connection.sendall(b"" if is_in_head else HEAD)
        connection.setblocking(False)
        client = SlowClient(connection, deque((HEAD if is_in_head else b"") + b"x" * 1000), is_in_head)
        wave.append(client)
        self._selector.register(connection, selectors.EVENT_READ, (wave, client))

    def _replace_cut(self) -> None:
        for key, _ in self._selector.select(0):
            wave, client = key.data
            self._selector.unregister(client.connection)
            client.connection.close()
            wave.remove(client)
            self.cut_after_s[client.is_in_head].append(time.monotonic() - client.began_at_s)
            self._connect(wave, is_in_head=client.is_in_head)


@contextmanager
def slow_clients(address: tuple[str, int], count: int, *, waves: int) -> Iterator[SlowClients]:
    """Give slow clients that go on until the end of the block; arguments as for `SlowClients`."""
    ended, clients = threading.Event(), SlowClients(address, count, waves)
    thread = threading.Thread(target=clients.run, args=(ended,))
    thread.start()
    try:
        yield clients
    finally:
        ended.set()
        thread.join()
        clients.close()
