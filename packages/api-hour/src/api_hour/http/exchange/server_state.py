"""The state that the connections of one server share: limits, a clock, counters, and the outbox of their answers.

There is one clock for a server: it makes the Date header and looks at the deadlines of all connections, so that a
slow client costs nothing between two ticks. It rests while there are no connections.
"""

import asyncio
import logging
from contextvars import Context, copy_context
from email.utils import formatdate
from typing import Any, Protocol, Self

from api_hour.access_log import AccessLog
from api_hour.config.http_options import HttpOptions
from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.request_ids import RequestIds
from api_hour.http.exchange.request_log import RequestLog
from api_hour.http.first_step.first_step import FirstStep
from api_hour.http.message.limits import Limits
from api_hour.http.transport.ends import Ends
from api_hour.http.transport.outbox import Outbox
from api_hour.http.wire.first_lines import FirstLines
from api_hour.http.wire.proxy import Proxy
from api_hour.http.wire.response_heads import ResponseHeads
from api_hour.log.limited import LimitedLog
from api_hour.stats import ServingStats

LOG = logging.getLogger("api_hour.http")

CLOCK_INTERVAL_S = 0.5  # how often deadlines are looked at and the Date header is made


class Connection(Protocol):
    """One connection, as its server's clock sees it."""

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when a deadline has passed, in the loop's time."""


class ServerState:
    """The shared state of a server's connections.

    Args:
        container: given to handlers as `request.container`; its worker's `stats` and
            access log note what is answered, and its hooks are told.
        limits: what a client may ask for.
        proxy: what proxies before this server are believed; None for nothing.
        options: the daemon's; what every answer says is among them.

    Attributes:
        connections: those that are open.
        works: what answers their requests and goes on, also when its connection is lost or its answer is whole.
        now_s: the loop's time, read each CLOCK_INTERVAL_S.
        outbox: where connections leave what they have to send.
        first_step: starts coroutines.
        options: as above.
        heads: the common beginnings of answers, with the Date header of now.
        refusals: takes what is said of requests that are refused.
        request_ids: gives requests their ids; None where they have none.
    """

    outbox: Outbox
    first_step: FirstStep

    def __init__(self, container: Any, limits: Limits, proxy: Proxy | None, options: HttpOptions | None = None) -> None:
        self.container = container
        self.options = options or HttpOptions()
        self.limits = limits
        self.proxy = proxy
        worker = getattr(container, "worker", None)
        self.stats: ServingStats | None = getattr(worker, "stats", None)
        self.access_log: AccessLog | None = getattr(worker, "access_log", None)
        self.request_ids = RequestIds.of_options(HttpOptions.of_container(container), proxy)
        self.hooks: Any = getattr(worker, "request_hooks", None)  # see http/request_hooks.py
        self.connections: set[Connection] = set()
        self.works: set[Answering] = set()
        self.now_s = 0.0
        self._first_lines = FirstLines.of_options(self.options)
        self.heads = ResponseHeads(b"")
        self.context = Context()
        self.refusals = LimitedLog(LOG, "refusals")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.TimerHandle | None = None

    @classmethod
    def of_container(cls, container: Any, limits: Limits | None, proxy: Proxy | None) -> Self:
        """Return a new one; what is not given is what the daemon's options say."""
        options = HttpOptions.of_container(container)
        return cls(container, limits or Limits.of_options(options), proxy or Proxy.of_options(options), options)

    def use(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve on the running loop."""
        if self._loop is not loop:
            self._loop = loop
            self.context = copy_context()
            self.outbox = Outbox(loop, self.context)
            self.first_step = FirstStep(loop, self.context)

    def request_log(self, ends: Ends) -> RequestLog | None:
        """Return what takes note of a connection's requests; None when nobody wants to know."""
        if self.access_log is None and self.hooks is None:
            return None
        return RequestLog(self.access_log, ends, self.hooks)

    def add(self, connection: Connection) -> bool:
        """Take an open connection; False when there are too many."""
        if self._clock is None:
            self.first_step.get_ready()
            self._tick(asyncio.get_running_loop())
        self.connections.add(connection)
        return len(self.connections) <= self.limits.connections

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the clock and cut the connections past their deadline; rest when there is none."""
        self.now_s = now_s = loop.time()
        self.heads = ResponseHeads(self._first_lines.at(formatdate(usegmt=True)))
        for connection in [*self.connections]:
            connection.check_deadline(now_s)
        has_work = self._clock is None or len(self.connections) > 0
        self._clock = loop.call_later(CLOCK_INTERVAL_S, self._tick, loop) if has_work else None
