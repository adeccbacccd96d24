"""A server whose latency is known: `python known_server.py BEHAVIOUR` prints its port and serves until SIGTERM.

    instant    answers at once
    fixed      answers 10 ms after a request came
    bimodal    answers 1 ms after it came, every tenth request after 50 ms
    frozen     answers at once, but does nothing at all for 1 s, from 4 s after the first request on and every 5 s
    frozen-once    the same, but only the first time

At the end it prints what it did as JSON: the percentiles, in microseconds, of the time from a request's arrival to
the moment its answer was handed to the kernel. That, and the way over loopback, is the truth for a load generator.
"""

import heapq
import json
import select
import signal
import socket
import sys
import time
from array import array
from collections.abc import Callable
from time import monotonic_ns

import numpy as np

from rush_hour.core.histogram import Histogram
from rush_hour.load.injector.timer import Timer

MS_NS = 1_000_000
FREEZE_S, FIRST_FREEZE_S = 1.0, 4.0
FREEZE_EVERY_S = {"frozen": 5.0, "frozen-once": 3600.0}
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

DELAYS_NS: dict[str, Callable[[int], int]] = {
    "instant": lambda _number: 0,
    "fixed": lambda _number: 10 * MS_NS,
    "bimodal": lambda number: 50 * MS_NS if number % 10 == 9 else MS_NS,
    "frozen": lambda _number: 0,
    "frozen-once": lambda _number: 0,
}


class KnownServer:
    """One event loop: connections, and a heap of the answers that are to be sent later."""

    def __init__(self, behaviour: str) -> None:
        self._delay_ns = DELAYS_NS[behaviour]
        self._freeze_every_s = FREEZE_EVERY_S.get(behaviour)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port: int = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._connections: dict[int, socket.socket] = {}
        self._later: list[tuple[int, int, int]] = []  # (due, arrived, descriptor)
        self._taken_ns: array[int] = array("q")
        self._requests = 0
        self._freeze_at_ns = 0

    def run(self) -> None:
        """Serve until KeyboardInterrupt."""
        while True:
            self._timer.arm(self._later[0][0] if self._later else monotonic_ns() + 1000 * MS_NS)
            for fd, _ in self._epoll.poll():
                if fd == self._listener.fileno():
                    self._accept()
                elif fd in self._connections:
                    self._read(fd)
            while self._later and self._later[0][0] <= monotonic_ns():
                _, arrived_ns, fd = heapq.heappop(self._later)
                self._answer(fd, arrived_ns)
            self._freeze()

    def truth(self) -> dict[str, int]:
        """Return what was done, in microseconds."""
        histogram = Histogram()
        histogram.record_ns(np.array(self._taken_ns))
        percentiles = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
        return {name: histogram.percentile_us(percent) for name, percent in percentiles.items()}

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._epoll.register(connection, select.EPOLLIN)

    def _read(self, fd: int) -> None:
        arrived_ns = monotonic_ns()
        try:
            data = self._connections[fd].recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self._connections.pop(fd).close()
            return
        delay_ns = self._delay_ns(self._requests)
        self._requests += 1
        if self._freeze_every_s and not self._freeze_at_ns:
            self._freeze_at_ns = arrived_ns + round(FIRST_FREEZE_S * 1e9)
        if delay_ns:
            heapq.heappush(self._later, (arrived_ns + delay_ns, arrived_ns, fd))
        else:
            self._answer(fd, arrived_ns)

    def _answer(self, fd: int, arrived_ns: int) -> None:
        connection = self._connections.get(fd)
        if connection is not None:
            connection.send(ANSWER)
            self._taken_ns.append(monotonic_ns() - arrived_ns)

    def _freeze(self) -> None:
        if self._freeze_every_s and 0 < self._freeze_at_ns <= monotonic_ns():
            time.sleep(FREEZE_S)
            self._freeze_at_ns += round(self._freeze_every_s * 1e9)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Serve, and say in the end what was done."""
    signal.signal(signal.SIGTERM, _interrupt)
    server = KnownServer(sys.argv[1])
    print(server.port, flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        print(json.dumps(server.truth()))


if __name__ == "__main__":
    main()
