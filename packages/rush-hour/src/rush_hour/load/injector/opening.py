"""Opening connections: by every way that there is, through TLS's handshake, and again later after a failure."""

import errno
import heapq
import select
import socket
from collections import Counter
from time import monotonic_ns

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.load.injector.connection import CLOSED, CONNECTING, IDLE, NO_BYTES, Connection, Lifetime
from rush_hour.load.plan import LoadPlan
from rush_hour.load.share import HostAndPort
from rush_hour.load.transport.address import Address, Ways
from rush_hour.load.transport.error_name import name_of
from rush_hour.load.transport.tls import TlsSocket

RETRY_FIRST_NS = 10_000_000
RETRY_LIMIT_NS = 1_000_000_000


class Opening:
    """Opens and closes the connections of one process.

    A way that fails leads to the next; when there is none left, the attempt has failed, by the name of the last error.

    Args:
        plan: how to connect, and for how long to try.
        address: where to.
        epoll: what connections are watched with.

    Attributes:
        lifetime: is told of each connection that is open, or could not be opened.
        by_fd: the connections that have a socket.
        open_now: how many are open.
        failures: how often an attempt failed, by the name of the error.
    """

    lifetime: Lifetime

    def __init__(self, plan: LoadPlan, address: Address, epoll: select.epoll) -> None:
        self._epoll = epoll
        self._ways = Ways(address, spread=plan.spread)
        self._tls, self._tls_context = plan.tls, None if plan.tls is None else plan.tls.context()
        self._patience_ns = round(plan.timeout_s * 1e9) // len(self._ways.addresses)
        self._retries: list[tuple[int, int, Connection]] = []  # a heap of (when, slot, closed connection)
        self.by_fd: dict[int, Connection] = {}
        self.open_now = 0
        self.failures: Counter[str] = Counter()

    def open(self, connection: Connection) -> None:
        """Begin to open a connection that is closed."""
        place = 0 if connection.way is None else connection.way.place
        connection.ways = self._ways.choose(connection.number + connection.turn, place)
        connection.turn += 1
        self._try(connection, "no way")

    def _try(self, connection: Connection, name: str) -> None:
        """Try the next way; when there is none, the attempt has failed by the name given."""
        while connection.ways:
            way = connection.way = connection.ways.pop()
            try:
                sock = way.address.open_socket(blocking=False, source=way.source)
            except OSError as error:
                name = name_of(error)
                continue
            code = sock.connect_ex(way.address.sockaddr)
            if code in {0, errno.EINPROGRESS}:
                connection.sock, connection.state = sock, CONNECTING
                connection.deadline_ns = monotonic_ns() + self._patience_ns
                self.by_fd[sock.fileno()] = connection
                self._epoll.register(sock.fileno(), select.EPOLLOUT)
                return
            sock.close()
            name = name_of(code)
        self.failures[name] += 1
        connection.failures = max(connection.failures + 1, 2)  # never tried again at once
        self.lifetime.not_opened(connection, name)

    def go_on(self, connection: Connection) -> None:
        """Go on with a connection that is being opened: it is open or refused, or TLS's handshake has a step to do."""
        sock = connection.sock
        assert sock is not None, "a connecting connection has a socket"
        try:
            if isinstance(sock, socket.socket):
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    self.give_up(connection, name_of(code))
                    return
                if self._tls_context is not None and self._tls is not None:
                    sock = connection.sock = TlsSocket(sock, self._tls_context, self._tls.server_name)
            wanted = sock.handshake() if isinstance(sock, TlsSocket) else 0
        except OSError as error:
            self.give_up(connection, name_of(error))
            return
        self._epoll.modify(sock.fileno(), wanted or select.EPOLLIN)
        if not wanted:
            connection.state = IDLE
            connection.first_request = connection.request
            connection.is_stalled = False
            self.open_now += 1
            self.lifetime.opened(connection)

    def give_up(self, connection: Connection, name: str) -> None:
        """End the way that is being tried, and try the next."""
        self.close(connection)
        self._try(connection, name)

    def close(self, connection: Connection) -> None:
        """Close a connection, and forget what was sent and read on it."""
        if connection.sock is not None:
            self.by_fd.pop(connection.sock.fileno(), None)
            connection.sock.close()  # which takes it out of the epoll set
        if connection.state >= IDLE:
            self.open_now -= 1
        connection.sock = None
        connection.state = CLOSED
        connection.unsent = connection.unsent_rest = NO_BYTES
        connection.reading = None
        connection.read_lag_ns = 0

    @staticmethod
    def ends_of(connection: Connection) -> tuple[HostAndPort, HostAndPort] | None:
        """Return our end of an open connection and the server's; None where it is not TCP, or has been reset."""
        sock = connection.sock
        assert sock is not None, "an open connection has a socket"
        if connection.way is None or connection.way.address.family == socket.AF_UNIX:
            return None
        try:
            return sock.getsockname()[:2], sock.getpeername()[:2]
        except OSError:
            return None

    # Again, later.

    def open_later(self, connection: Connection) -> None:
        """Open a connection again after a while, the longer the more often it has failed in a row."""
        wait_ns = min(RETRY_FIRST_NS << min(connection.failures - 2, 10), RETRY_LIMIT_NS)
        heapq.heappush(self._retries, (monotonic_ns() + wait_ns, connection.slot, connection))

    def retry(self, now_ns: int) -> None:
        """Let those be opened again that have waited long enough."""
        while self._retries and self._retries[0][0] <= now_ns:
            connection = heapq.heappop(self._retries)[2]
            if connection.state == CLOSED:
                self.lifetime.connect(connection)

    def forget(self) -> None:
        """Begin anew: open no connection again that has failed before."""
        self._retries.clear()
        self.failures.clear()

    def next_retry_ns(self) -> int:
        """Return when the next one is to be opened again."""
        return self._retries[0][0] if self._retries else NEVER_NS
