"""Clients that send a byte a second, half of them in their heads, half in their bodies; a cut one is replaced.

As a program, `python slow_clients.py PORT NUMBER PATH`, it goes on until SIGTERM, whatever serves on the port and while
nothing does, and says in the end how many there were.
"""

import selectors
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

HEAD = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nX-Filler: " + b"x" * 1000 + b"\r\n\r\n"
PERIOD_S, TICKS = 1.0, 100  # between two bytes of a client, and how finely it is divided
GATHERING_S = 120.0


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
        path: where they post to.

    Attributes:
        are_all_there: set when there are enough for the first time.
        most: how many there were at the same time.
        cut_after_s: how long those lived that the server has cut, by whether they were in their heads.
    """

    def __init__(self, address: tuple[str, int], number: int, *, at_once: bool, path: str = "/") -> None:
        self.are_all_there = threading.Event()
        self.most = 0
        self.cut_after_s: dict[bool, list[float]] = {True: [], False: []}
        self._address = address
        self._number = number
        self._head = HEAD % path.encode()
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
        try:
            connection = socket.create_connection(self._address)
        except OSError:  # nobody listens now
            return
        with suppress(OSError):  # cut: seen at the next look
            connection.sendall(b"" if is_in_head else self._head)
        connection.setblocking(False)
        client = SlowClient(connection, deque((self._head if is_in_head else b"") + b"x" * 1000), is_in_head)
        wave.append(client)
        self._selector.register(connection, selectors.EVENT_READ, (wave, client))
        self.most = max(self.most, len(self._selector.get_map()))

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
        if not clients.are_all_there.wait(GATHERING_S):
            raise TimeoutError(f"{clients.most:,} of {number:,} slow clients are at {address} after {GATHERING_S:g} s")
        yield clients
    finally:
        ended.set()
        thread.join()
        clients.close()


def main(port: int, number: int, path: str) -> None:
    """Keep them going until SIGTERM."""
    ended, clients = threading.Event(), SlowClients(("127.0.0.1", port), number, at_once=False, path=path)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started it
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    clients.run(ended)
    in_head, in_body = (len(clients.cut_after_s[is_in_head]) for is_in_head in (True, False))
    print(f"{clients.most} slow clients at the most; cut: {in_head} in their heads, {in_body} in their bodies")
    clients.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
