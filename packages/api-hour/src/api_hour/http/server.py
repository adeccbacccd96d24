"""What the connections of one HTTP server share: limits, a clock, counters, and who answers.

There is one clock for a server: it makes the Date header and looks at the deadlines of all connections, so that a
slow client costs nothing between two ticks. It rests while there are no connections.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from contextvars import Context, copy_context
from email.utils import formatdate
from typing import Any

from api_hour.access_log import AccessLog
from api_hour.config.http_options import HttpOptions
from api_hour.http.exchange.answering import Answering
from api_hour.http.first_step.first_step import FirstStep
from api_hour.http.h1.logged_protocol import LoggedHttpProtocol
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import Refusal
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.message.response import ResponseHeads
from api_hour.http.transport.outbox import Outbox
from api_hour.http.wire.proxy import Address, Proxy
from api_hour.http.wire.proxy_protocol import read_proxy_header
from api_hour.limited_log import LimitedLog
from api_hour.stats import ServingStats

LOG = logging.getLogger("api_hour.http")

CLOCK_INTERVAL_S = 0.5  # how often deadlines are looked at and the Date header is made


class Server(ABC):
    """A protocol factory: called without arguments for each connection.

    Args:
        container: given to handlers as `request.container`; its worker's `stats` and
            access log note what is answered.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.

    Attributes:
        connections: those that are open.
        works: what answers their requests and goes on, also when its connection is lost or its answer is whole.
        now_s: the loop's time, read each CLOCK_INTERVAL_S.
        outbox: where connections leave what they have to send.
        first_step: starts coroutines.
        heads: the common beginnings of answers, with the Date header of now.
        refusals: takes what is said of requests that are refused.
    """

    outbox: Outbox
    first_step: FirstStep

    def __init__(self, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None) -> None:
        self.container = container
        worker = getattr(container, "worker", None)
        options = HttpOptions.of_container(container)
        self.limits = limits or Limits.of_options(options)
        self.proxy = proxy or Proxy.of_options(options)
        self.stats: ServingStats | None = getattr(worker, "stats", None)
        self.access_log: AccessLog | None = getattr(worker, "access_log", None)
        self.connections: set[HttpProtocol] = set()
        self.works: set[Answering] = set()
        self.now_s = 0.0
        self.heads = ResponseHeads(b"")
        self.context = Context()
        self.refusals = LimitedLog(LOG, "refusals")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.TimerHandle | None = None

    def __call__(self) -> HttpProtocol:
        """Make the protocol of one connection."""
        return HttpProtocol(self) if self.access_log is None else LoggedHttpProtocol(self, self.access_log)

    def knows_method(self, _method: str) -> bool:
        """Tell whether a method may be asked for; another is answered with 501 (RFC 9110, 9.1)."""
        return True

    def expects_proxy_header(self, peer: str | None) -> bool:
        """Tell whether the connections from an address begin with a PROXY protocol header; None is a unix socket's."""
        return self.proxy is not None and self.proxy.protocol and self.proxy.trusts(peer)

    def read_proxy_header(self, data: bytes) -> tuple[Address | None, bytes] | None:
        """Return the client that a header names, and what follows; None if it is not whole.

        Raises:
            ConnectionAbortedError: it is no such header, which cannot be answered before a TLS handshake.
        """
        try:
            return read_proxy_header(data)
        except Refusal as refusal:
            self.refusals.info("closed a connection before its TLS handshake: %s", refusal.args[0])
            raise ConnectionAbortedError(refusal.args[0]) from refusal

    def begin_for(self, client: Address | None) -> HttpProtocol:
        """Make the protocol of a connection whose PROXY protocol header was read."""
        protocol = self()
        protocol.introduce(client)
        return protocol

    @abstractmethod
    def streams_body(self, request: Request) -> bool:
        """Tell whether a request, which has a body, is answered before its body has been read."""

    @abstractmethod
    def begin(self, connection: HttpProtocol, request: Request) -> Answering | None:
        """Begin to answer a request on its connection, whatever happens.

        Returns:
            What goes on with it; None when it is answered.
        """

    def use(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve on the running loop."""
        if self._loop is not loop:
            self._loop = loop
            self.context = copy_context()
            self.outbox = Outbox(loop, self.context)
            self.first_step = FirstStep(loop, self.context)

    def add(self, connection: HttpProtocol) -> bool:
        """Take an open connection; False when there are too many."""
        if self._clock is None:
            self.first_step.get_ready()
            self._tick(asyncio.get_running_loop())
        self.connections.add(connection)
        return len(self.connections) <= self.limits.connections

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the clock and cut the connections past their deadline; rest when there is none."""
        self.now_s = now_s = loop.time()
        self.heads = ResponseHeads(f"Date: {formatdate(usegmt=True)}\r\n".encode("ascii"))
        for connection in [*self.connections]:
            connection.check_deadline(now_s)
        has_work = self._clock is None or len(self.connections) > 0
        self._clock = loop.call_later(CLOCK_INTERVAL_S, self._tick, loop) if has_work else None
