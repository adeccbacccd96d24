"""Clients that send a byte a second, half of them in their heads, half in their bodies; a cut one is replaced."""

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nX-Filler: %s\r\n\r\n" % (b"x" * 1000)
PERIOD_S, TICKS = 1.0, 100  # between two bytes of a client, and how finely it is divided


@dataclass(slots=True)
class SlowClient:
    """One connection; `unsent` goes out byte by byte."""

    connection: socket.socket
    unsent: deque[int]
    is_in_head: bool
    began_at_s: float = field(default_factory=time.monotonic)


class SlowClients:
    """A thread that keeps them going. One connects at each tick until there are enough, and again when some are cut.

    Args:
        address: of the server, TCP.
        number: how many at a time.
        at_once: whether all send in the same instant; else a hundredth of them at each tick.

    Attributes:
        are_all_there: set when there are enough for the first time.
        cut_after_s: how long those lived that the server has cut, by whether they were in their heads.
    """

    def __init__(self, address: tuple[str, int], number: int, *, at_once: bool) -> None:
        self.are_all_there = threading.Event()
        self.cut_after_s: dict[bool, list[float]] = {True: [], False: []}
        self._address = address
        self._number = number
        self._waves: list[list[SlowClient]] = [[] for _ in range(1 if at_once else TICKS)]
        self._selector = selectors.DefaultSelector()

    def run(self, ended: threading.Event) -> None:
        """Send until told to end."""
        next_at_s = time.monotonic()
        for tick in count(0):
            next_at_s += PERIOD_S / TICKS
            if ended.wait(max(0.0, next_at_s - time.monotonic())):
                return
            self._forget_cut()
            if len(self._selector.get_map()) < self._number:
                self._connect(self._waves[tick % len(self._waves)], is_in_head=tick // len(self._waves) % 2 == 0)
            else:
                self.are_all_there.set()
            if tick % TICKS < len(self._waves):
                for client in self._waves[tick % TICKS]:
                    with suppress(OSError):  # cut: seen at the next look
                        client.connection.send(bytes([client.unsent.popleft()]))

    def close(self) -> None:
        """Close all of them."""
        for key in self._selector.get_map().values():
            key.data[1].connection.close()
        self._selector.close()

    def _connect(self, wave: list[SlowClient], *, is_in_head: bool) -> None:
        connection = socket.create_connection(self._address)
        connection.sendall(b"" if is_in_head else HEAD)
        connection.setblocking(False)
        client = SlowClient(connection, deque((HEAD if is_in_head else b"") + b"x" * 1000), is_in_head)
        wave.append(client)
        self._selector.register(connection, selectors.EVENT_READ, (wave, client))

    def _forget_cut(self) -> None:
        for key, _ in self._selector.select(0):
            wave, client = key.data
            self._selector.unregister(client.connection)
            client.connection.close()
            wave.remove(client)
            self.cut_after_s[client.is_in_head].append(time.monotonic() - client.began_at_s)


@contextmanager
def slow_clients(address: tuple[str, int], number: int, *, at_once: bool) -> Iterator[SlowClients]:
    """Give slow clients that go on until the end of the block; arguments as for `SlowClients`."""
    ended, clients = threading.Event(), SlowClients(address, number, at_once=at_once)
    thread = threading.Thread(target=clients.run, args=(ended,))
    thread.start()
    try:
        clients.are_all_there.wait()
        yield clients
    finally:
        ended.set()
        thread.join()
        clients.close()
