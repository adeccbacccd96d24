"""Both lifetimes of connections: what each of them does with a connection, and in which order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic_ns
from types import SimpleNamespace
from typing import cast

import pytest

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.http.http_response import HeadCache
from rush_hour.core.records import CLOSED_IDLE, RECONNECTS, TOTALS
from rush_hour.load.injector.connection import BUSY, CLOSED, CONNECTING, IDLE, Connection
from rush_hour.load.injector.exchange import Exchange
from rush_hour.load.injector.lifetimes import ConnectionPerRequest, KeepAlive
from rush_hour.load.injector.opening import Opening
from rush_hour.load.injector.target import Target
from rush_hour.load.workload.request import Request

Kind = type[KeepAlive | ConnectionPerRequest]
LATER_NS = 1 << 60


@dataclass
class Scene:
    """A lifetime among an exchange and an opening that only note what they are told."""

    kind: Kind
    is_running: bool = True
    is_closed_loop: bool = False
    is_session: bool = False
    is_over: bool = False
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.exchange = SimpleNamespace(
            is_running=self.is_running,
            is_closed_loop=self.is_closed_loop,
            is_session=self.is_session,
            end_at_ns=0 if self.is_over else LATER_NS,
            in_flight=0,
            totals=[0] * TOTALS,
            send=self.note("send"),
            wait_for_due=self.note("wait for due"),
            connect_failed=lambda _connection, name, _now_ns, is_charged: self.told.append(
                f"{name}, charged" if is_charged else name
            ),
        )
        self.opening = SimpleNamespace(open=self.note("open"), close=self.note("close"), open_later=self.note("later"))
        self.lifetime = self.kind(cast("Exchange", self.exchange), cast("Opening", self.opening))

    def note(self, what: str) -> Callable[[Connection], None]:
        return lambda _connection: self.told.append(what)


def connection_that_is(state: int, *, due_ns: int = 1, failures: int = 0) -> Connection:
    connection = Connection(0, 0, Target(Request(method="GET", data=b""), HeadCache("GET"), None))
    connection.state, connection.due_ns, connection.failures = state, due_ns, failures
    return connection


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [
        (KeepAlive, IDLE, ["send"]),
        (KeepAlive, CONNECTING, []),
        (KeepAlive, CLOSED, []),
        (ConnectionPerRequest, IDLE, ["send"]),
        (ConnectionPerRequest, CONNECTING, []),
        (ConnectionPerRequest, CLOSED, ["open"]),
    ],
)
def test_what_is_due_is_sent_or_connected_for(kind: Kind, state: int, told: list[str]) -> None:
    scene = Scene(kind)

    scene.lifetime.due(connection_that_is(state))

    assert scene.told == told


@pytest.mark.parametrize(
    ("kind", "state", "begun", "ended"),
    [
        (KeepAlive, IDLE, ["wait for due"], []),
        (KeepAlive, CLOSED, [], []),
        (KeepAlive, BUSY, [], ["close"]),
        (ConnectionPerRequest, CLOSED, ["wait for due"], ["close"]),
    ],
)
def test_a_run_begins_and_ends(kind: Kind, state: int, begun: list[str], ended: list[str]) -> None:
    first, last = Scene(kind), Scene(kind)

    first.lifetime.begin(connection_that_is(state))
    last.lifetime.end(connection_that_is(state))

    assert (first.told, last.told) == (begun, ended)


@pytest.mark.parametrize(
    ("kind", "due_ns", "is_over", "told"),
    [
        (KeepAlive, 1, False, ["send"]),
        (KeepAlive, 1, True, []),
        (KeepAlive, NEVER_NS, False, ["wait for due"]),
        (ConnectionPerRequest, 1, False, ["send"]),
        (ConnectionPerRequest, 1, True, ["send"]),
        (ConnectionPerRequest, NEVER_NS, False, ["wait for due"]),
    ],
)
def test_an_open_connection_sends_what_is_due(kind: Kind, due_ns: int, is_over: bool, told: list[str]) -> None:
    scene = Scene(kind, is_over=is_over)

    scene.lifetime.opened(connection_that_is(IDLE, due_ns=due_ns))

    assert scene.told == told


def test_a_request_with_a_connection_of_its_own_is_awaited_while_that_is_opened() -> None:
    for kind, awaited in ((KeepAlive, 0), (ConnectionPerRequest, 1)):
        scene, connection = Scene(kind), connection_that_is(CLOSED)
        scene.lifetime.connect(connection)
        assert scene.exchange.in_flight == awaited
        scene.lifetime.opened(connection)
        assert scene.exchange.in_flight == 0  # sending counts it


def test_how_late_a_connection_for_one_request_was_begun_is_known() -> None:
    connection = connection_that_is(CLOSED, due_ns=monotonic_ns() - 5_000_000)

    Scene(ConnectionPerRequest).lifetime.connect(connection)

    assert connection.lag_ns >= 5_000_000


def test_a_closed_loop_waits_for_connections_and_not_its_requests() -> None:
    for kind in (KeepAlive, ConnectionPerRequest):
        open_loop, closed_loop = connection_that_is(CLOSED), connection_that_is(CLOSED)
        Scene(kind).lifetime.connect(open_loop)
        Scene(kind, is_closed_loop=True).lifetime.connect(closed_loop)
        assert (open_loop.due_ns, closed_loop.due_ns) == (1, closed_loop.ready_ns)


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        (Scene(KeepAlive), ["EMFILE, charged", "later"]),
        (Scene(KeepAlive, is_over=True), ["EMFILE", "later"]),
        (Scene(KeepAlive, is_running=False), ["later"]),
        (Scene(ConnectionPerRequest), ["EMFILE, charged", "wait for due"]),
        (Scene(ConnectionPerRequest, is_over=True), ["EMFILE, charged", "wait for due"]),
        (Scene(ConnectionPerRequest, is_closed_loop=True), ["EMFILE, charged", "later"]),
    ],
)
def test_a_connection_that_cannot_be_opened_is_charged_and_tried_again(scene: Scene, told: list[str]) -> None:
    scene.lifetime.not_opened(connection_that_is(CLOSED), "EMFILE")

    assert scene.told == told


def test_a_kept_connection_is_opened_again_at_once_but_not_in_circles() -> None:
    for failures, is_over, told in ((0, False, "open"), (1, False, "open"), (2, False, "later"), (0, True, None)):
        scene = Scene(KeepAlive, is_over=is_over)
        scene.lifetime.ended(connection_that_is(BUSY, failures=failures))
        assert scene.told == ["close", told][: 1 + (told is not None)]
        assert scene.exchange.totals[RECONNECTS] == (told is not None)


def test_only_a_kept_connection_can_be_closed_idle() -> None:
    for kind, counted, then in ((KeepAlive, 1, "open"), (ConnectionPerRequest, 0, "wait for due")):
        scene, connection = Scene(kind), connection_that_is(IDLE)
        scene.lifetime.ended_idle(connection)
        assert scene.exchange.totals[CLOSED_IDLE] == counted
        assert (connection.failures, scene.told) == (1, ["close", then])


def test_a_connection_whose_session_is_over_stays_closed_until_the_load_begins() -> None:
    scene, connection = Scene(KeepAlive, is_session=True), connection_that_is(IDLE, due_ns=NEVER_NS)
    scene.lifetime.ended_idle(connection)
    assert scene.told == ["close"]

    scene.lifetime.ended(connection_that_is(IDLE, due_ns=1))
    assert scene.told == ["close", "close", "open"]


def test_a_request_that_waited_for_the_one_before_it_is_late_from_then_on_only() -> None:
    """The one before it had timed out, say: that time is the server's, and no lag of the generator."""
    scene = Scene(ConnectionPerRequest)
    connection = connection_that_is(CLOSED, due_ns=1)
    connection.ready_ns = before_ns = monotonic_ns()

    scene.lifetime.due(connection)

    assert scene.told == ["open"]
    assert 0 <= connection.lag_ns <= monotonic_ns() - before_ns
