"""The lifetime of connections: kept for one request after the other, or opened for each.

Both open a connection again, sooner or later, whatever becomes of it: the schedule goes on.
"""

from time import monotonic_ns
from typing import ClassVar

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.records import CLOSED_IDLE, RECONNECTS
from rush_hour.load.injector.connection import BUSY, CLOSED, IDLE, Connection
from rush_hour.load.injector.exchange import Exchange
from rush_hour.load.injector.opening import Opening


class KeepAlive:
    """Connections are opened before the load, kept, and opened again when they are lost.

    A request whose connection is not open waits for it; the first attempt to open it is made at once.

    Args:
        exchange: what sends on them.
        opening: what opens and closes them.
    """

    is_kept: ClassVar[bool] = True

    def __init__(self, exchange: Exchange, opening: Opening) -> None:
        self._exchange = exchange
        self._opening = opening

    def begin(self, connection: Connection) -> None:
        """Begin a run with a connection; one that is not open takes part when it is."""
        if connection.state == IDLE:
            self._exchange.wait_for_due(connection)

    def due(self, connection: Connection) -> None:
        """Send the request that is due, if its connection is open."""
        if connection.state == IDLE:
            self._exchange.send(connection)

    def connect(self, connection: Connection) -> None:
        """Begin to open a connection."""
        now_ns = monotonic_ns()
        if self._exchange.is_closed_loop and connection.due_ns < now_ns:
            connection.due_ns = now_ns  # a closed loop waits for connections too
        connection.ready_ns = now_ns
        self._opening.open(connection)

    def opened(self, connection: Connection) -> None:
        """Go on with a connection that is open now."""
        connection.ready_ns = now_ns = monotonic_ns()
        if connection.due_ns > now_ns:
            self._exchange.wait_for_due(connection)
        elif now_ns < self._exchange.end_at_ns:
            self._exchange.send(connection)

    def not_opened(self, connection: Connection, name: str) -> None:
        """Charge the request that waits for this connection, if one is due, and try again later."""
        exchange, now_ns = self._exchange, monotonic_ns()
        if exchange.is_running:
            exchange.connect_failed(connection, name, now_ns, is_charged=now_ns < exchange.end_at_ns)
        self._opening.open_later(connection)

    def ended(self, connection: Connection) -> None:
        """Open a connection again: at once, unless it was closed idle several times in a row or its session is over."""
        exchange = self._exchange
        self._opening.close(connection)
        if exchange.is_session and connection.due_ns >= NEVER_NS:
            return
        if monotonic_ns() < exchange.end_at_ns:
            exchange.totals[RECONNECTS] += 1
            if connection.failures <= 1:
                self.connect(connection)
            else:
                self._opening.open_later(connection)

    def ended_idle(self, connection: Connection) -> None:
        """Count a connection that the server closed while it waited for nothing."""
        self._exchange.totals[CLOSED_IDLE] += 1
        connection.failures += 1
        self.ended(connection)

    def end(self, connection: Connection) -> None:
        """End a run: what an answer that did not come would still bring belongs to none."""
        if connection.state == BUSY:
            self._opening.close(connection)


class ConnectionPerRequest:
    """A connection is opened when a request is due, and closed with its answer.

    How late the generator began to open it is part of its send lag; the time that opening takes is part of its latency.

    Args:
        exchange: what sends on them.
        opening: what opens and closes them.
    """

    is_kept: ClassVar[bool] = False

    def __init__(self, exchange: Exchange, opening: Opening) -> None:
        self._exchange = exchange
        self._opening = opening

    def begin(self, connection: Connection) -> None:
        """Begin a run with a connection: it is opened when its first request is due."""
        self._exchange.wait_for_due(connection)

    def due(self, connection: Connection) -> None:
        """Open a connection for the request that is due."""
        if connection.state == CLOSED:
            self.connect(connection)
        elif connection.state == IDLE:
            self._exchange.send(connection)

    def connect(self, connection: Connection) -> None:
        """Begin to open a connection: its request is awaited from here on."""
        now_ns = monotonic_ns()
        if self._exchange.is_closed_loop and connection.due_ns < now_ns:
            connection.due_ns = now_ns  # a closed loop waits for connections too
        connection.lag_ns = now_ns - max(connection.due_ns, connection.ready_ns)
        connection.ready_ns = now_ns
        self._exchange.in_flight += 1
        self._opening.open(connection)

    def opened(self, connection: Connection) -> None:
        """Send the request that the connection was opened for, also after the end of the schedule."""
        connection.ready_ns = now_ns = monotonic_ns()
        self._exchange.in_flight -= 1  # it is counted again when it is sent
        if connection.due_ns > now_ns:
            self._exchange.wait_for_due(connection)
        else:
            self._exchange.send(connection)

    def not_opened(self, connection: Connection, name: str) -> None:
        """Charge the request, and open a connection again when the next one is due; a closed loop waits for a while."""
        self._exchange.in_flight -= 1
        self._exchange.connect_failed(connection, name, monotonic_ns(), is_charged=True)
        if self._exchange.is_closed_loop:
            self._opening.open_later(connection)
        else:
            self._exchange.wait_for_due(connection)

    def ended(self, connection: Connection) -> None:
        """Close a connection until its next request is due."""
        self._opening.close(connection)
        self._exchange.wait_for_due(connection)

    def ended_idle(self, connection: Connection) -> None:
        """Close a connection that the server has closed before anything was sent."""
        connection.failures += 1
        self.ended(connection)

    def end(self, connection: Connection) -> None:
        """End a run: no connection outlives it."""
        self._opening.close(connection)
