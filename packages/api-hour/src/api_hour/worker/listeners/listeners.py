"""The addresses that one worker serves, from the first accept to the last connection's end.

A worker ends in one of two ways. It retires when another serves in its place: it accepts no more, tells each client
with its next answer, and closes what is idle only after a while. It drains when the daemon stops: what is idle is
closed at once. In both, what has begun is finished, within a time.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

from api_hour.control.connection_counts import ConnectionCounts
from api_hour.worker.listeners.acceptor import Acceptor
from api_hour.worker.listeners.balance import Balance
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.connections import Connections, ProtocolFactory
from api_hour.worker.listeners.datagrams import Datagrams
from api_hour.worker.listeners.endings import Ending, begin_drain, begin_end, cut, end_stream, works_of
from api_hour.worker.listeners.handlers import stream_factory
from api_hour.worker.listeners.own_servers import OwnServers

LOG = logging.getLogger("api_hour.worker")

POLL_S = 0.02
CLEANUP_S = 0.5  # for what was cancelled to clean up
LAST_HANDSHAKES_S = 1.0  # for those that are under way when the daemon stops
TURNS_TO_READ = 5  # of the loop, until what has come is with the protocol, also of a connection just accepted


class Listeners:
    """The addresses of one worker, and the connections that came of them.

    Args:
        loop: the worker's event loop.
        retiring: set when the worker begins to end, in either way.
        balance: shares connections out among the workers; by default there is one worker.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, retiring: asyncio.Event | None = None, balance: Balance | None = None
    ) -> None:
        self._loop = loop
        self._retiring = retiring or asyncio.Event()
        self._balance = balance or Balance(ConnectionCounts.unshared(), 0)
        self._connections = Connections(loop, self._balance)
        self._acceptors: list[Acceptor] = []
        self._datagrams: list[Datagrams] = []
        self._own_servers = OwnServers({})
        self._factories: dict[int, ProtocolFactory] = {}  # by their identity
        self._is_closed = False

    def accept(self, listener: socket.socket, factory: ProtocolFactory, certificate: Certificate | None = None) -> None:
        """Start accepting connections from `listener`, with TLS if there is a certificate.

        `factory` makes the protocol of each.
        """
        self._factories[id(factory)] = factory
        acceptor = Acceptor(
            listener,
            factory,
            loop=self._loop,
            balance=self._balance,
            connections=self._connections,
            certificate=certificate,
        )
        self._acceptors.append(acceptor)
        self._balance.begin()
        acceptor.open()

    async def serve(self, listener: socket.socket, handler: Any, certificate: Certificate | None = None) -> None:
        """Start serving an address with what `make_servers()` returned for it, and its certificate if it has one.

        Raises:
            ConfigError: the handler does not fit the address.
        """
        if listener.type == socket.SOCK_DGRAM:
            self._datagrams.append(await Datagrams.open(listener, handler, self._loop))
        else:
            self.accept(listener, stream_factory(handler, listener, self._loop), certificate)

    def leave_to(self, servers: Mapping[Any, Any]) -> None:
        """Take note of servers that the Container has started itself."""
        self._own_servers = OwnServers(servers)

    def close(self) -> None:
        """Stop accepting, and reading datagrams. The sockets themselves stay open in the supervisor."""
        if not self._is_closed:
            for acceptor in self._acceptors:
                acceptor.close()
            self._say_closed()

    def _say_closed(self) -> None:
        self._is_closed = True
        self._retiring.set()
        self._balance.end()
        for datagrams in self._datagrams:
            datagrams.begin_shutdown()
        self._own_servers.close()

    async def retire(self, *, drain_s: float, timeout_s: float) -> None:
        """Stop accepting; tell each connection that can tell its client, give them time, then drain what is left.

        Args:
            drain_s: how long idle connections are kept, in seconds.
            timeout_s: how long the requests in flight may take after that, in seconds.
        """
        self.close()
        await self._connections.wait_for_transports()
        self._connections.tell_protocols(begin_drain)
        self._own_servers.begin_drain()
        await self._wait(lambda: self._connections.count() + self._own_servers.count() == 0, drain_s)
        await self.drain(timeout_s)

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting; let the connections finish and send all they have to; abort those left when time is up.

        Nobody serves after this worker, so what waits to be accepted is taken first, and what has been sent is read.

        Args:
            timeout_s: how long that may take, in seconds.
        """
        await self._take_waiting(timeout_s)
        async with asyncio.TaskGroup() as tasks:
            endings = [tasks.create_task(ending) for ending in self._begin_end(timeout_s)]

            def is_over() -> bool:
                return self._is_over() and all(ending.done() for ending in endings)

            await self._wait(is_over, timeout_s / 2)
            self._end_streams()
            await self._wait(is_over, timeout_s / 2)
            for ending in endings:
                ending.cancel()
            for ending_now in self._cut():
                tasks.create_task(ending_now)
            await self._wait(lambda: not self._works(), CLEANUP_S)

    async def _take_waiting(self, timeout_s: float) -> None:
        have_waited = False
        if not self._is_closed:
            await _let_read()  # servers of the Container's own accept by themselves
            for acceptor in self._acceptors:
                have_waited |= acceptor.close_after_waiting()
            self._say_closed()
        await self._connections.wait_for_handshakes(min(timeout_s, LAST_HANDSHAKES_S))
        self._connections.give_up_handshakes()
        await self._connections.wait_for_transports()
        await _let_read()
        if have_waited:
            await asyncio.sleep(min(timeout_s, POLL_S))  # a request may follow its connection closely

    def open_connections(self) -> int:
        """Count the connections that are not over."""
        return self._connections.count() + self._own_servers.count()

    def descriptors(self) -> list[int]:
        """Return the descriptors of the connections that this worker has accepted."""
        return self._connections.descriptors()

    def _is_over(self) -> bool:
        has_open = self.open_connections() or any(datagrams.is_open() for datagrams in self._datagrams)
        return not has_open and not self._works()

    def _works(self) -> list[Any]:
        return [*works_of(self._factories.values()), *self._own_servers.works()]

    def _end_streams(self) -> None:
        for protocol, _ in self._connections.protocols():
            end_stream(protocol)
        self._own_servers.end_streams()

    def _begin_end(self, timeout_s: float) -> list[Ending]:
        endings = [begin_end(protocol, transport, timeout_s) for protocol, transport in self._connections.protocols()]
        return [*filter(None, endings), *self._own_servers.begin_end(timeout_s)]

    def _cut(self) -> list[Ending]:
        """End what is left, and return what is to be awaited for it."""
        if self._is_over():
            return []
        if left := self.open_connections():
            LOG.warning("%d connections were not finished in time: aborted", left)
        if works := self._works():
            LOG.warning(
                "%d requests were not finished in time, or what goes on after their answers: cancelled", len(works)
            )
        endings = [cut(protocol, transport) for protocol, transport in self._connections.protocols()]
        for datagrams in self._datagrams:
            datagrams.cut()
        for work in works:
            work.cancel()
        return [*filter(None, endings), *self._own_servers.cut()]

    async def _wait(self, condition: Callable[[], bool], timeout_s: float) -> None:
        """Wait until a condition holds or the time is up; not every protocol tells when it is closed."""
        end_at_s = self._loop.time() + timeout_s
        while not condition() and self._loop.time() < end_at_s:  # noqa: ASYNC110  # see above
            await asyncio.sleep(POLL_S)


async def _let_read() -> None:
    """Let the loop read what has come, so that no request that was sent is taken for an idle connection."""
    for _ in range(TURNS_TO_READ):
        await asyncio.sleep(0)
