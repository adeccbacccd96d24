"""Requests and answers on a connection without a network: what is read before a request is given up."""

import select
from collections import deque
from time import monotonic_ns
from types import SimpleNamespace
from typing import cast

import pytest

from rush_hour.core.arrivals import Constant
from rush_hour.core.records import BAD, FAILED, GOOD, KIND_MASK, SENT
from rush_hour.core.schedule import Schedule
from rush_hour.load.injector.connection import IDLE, Lifetime
from rush_hour.load.injector.exchange import Exchange
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.injector.target import Targets
from rush_hour.load.workload.request import OneRequest, Request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"
SCHEDULE = Schedule(arrivals=Constant(rate_per_s=0.01), duration_s=1000.0, connections=1)  # the next is not due yet


class Peer:
    """A socket: it takes so many bytes, and then has hung up; what it has sent before may be read."""

    def __init__(self, *, takes_bytes: int, has_sent: bytes) -> None:
        self._takes_bytes = takes_bytes
        self._sent = deque([has_sent] if has_sent else [])

    def fileno(self) -> int:
        return 7

    def send(self, data: bytes) -> int:
        count, self._takes_bytes = min(self._takes_bytes, len(data)), max(0, self._takes_bytes - len(data))
        if not count:
            raise BrokenPipeError(32, "Broken pipe")
        return count

    def recv_into(self, view: memoryview) -> int:
        if not self._sent:
            raise BlockingIOError
        data = self._sent.popleft()
        view[: len(data)] = data
        return len(data)


class Scene:
    """An exchange on one connection to a peer, and the kinds of the records that it writes."""

    def __init__(self, peer: Peer, request: Request) -> None:
        self.kinds: list[int] = []
        ring = SimpleNamespace(
            write=lambda _first, _second, _third, tag: self.kinds.append(tag & KIND_MASK), number_of=lambda _name: 0
        )
        epoll = SimpleNamespace(modify=lambda _fd, _events: None)
        lifetime = SimpleNamespace(ended=lambda _connection: None, ended_idle=lambda _connection: None)
        targets = Targets(OneRequest(request), close_all=False)
        self.exchange = Exchange(range(1), targets, cast("select.epoll", epoll), cast("RingWriter", ring))
        self.exchange.lifetime = cast("Lifetime", lifetime)
        self.exchange.begin(SCHEDULE, monotonic_ns(), 1)
        [self.connection] = self.exchange.connections
        self.connection.sock, self.connection.state = peer, IDLE  # type: ignore[assignment]
        self.exchange.send(self.connection)


SHORT = Request(method="GET", data=b"GET / HTTP/1.1\r\n\r\n")
LONG = Request(method="POST", data=b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", body=b"too large")


@pytest.mark.parametrize(
    ("has_sent", "kinds"),
    [(TOO_LARGE, [SENT, BAD]), (OK, [SENT, GOOD]), (b"", [SENT, FAILED]), (OK[:9], [SENT, FAILED])],
)
def test_an_answer_that_came_before_the_server_hung_up_is_the_answer(has_sent: bytes, kinds: list[int]) -> None:
    scene = Scene(Peer(takes_bytes=len(LONG.data), has_sent=has_sent), LONG)

    scene.exchange.send_rest(scene.connection)

    assert scene.kinds == kinds


@pytest.mark.parametrize(("has_sent", "kinds"), [(OK, [SENT, GOOD]), (b"", [SENT, FAILED]), (OK[:9], [SENT, FAILED])])
def test_an_answer_that_is_there_is_read_before_its_request_is_timed_out(has_sent: bytes, kinds: list[int]) -> None:
    scene = Scene(Peer(takes_bytes=1000, has_sent=has_sent), SHORT)

    scene.exchange.time_out(scene.connection)

    assert scene.kinds == kinds


def test_an_exchange_keeps_its_attributes_in_slots() -> None:
    assert not hasattr(Scene(Peer(takes_bytes=1000, has_sent=OK), SHORT).exchange, "__dict__")
