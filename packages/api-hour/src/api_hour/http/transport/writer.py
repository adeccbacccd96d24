"""The bytes that go out on one connection, and the client that reads them, or not.

Rules that must hold: bytes leave in the order in which they came; what a client does not read is not produced, beyond
the transport's buffer; and one that reads nothing, or too slowly, is told from one that reads.
"""

import asyncio

from api_hour.http.message.errors import ClientGone
from api_hour.http.message.limits import Limits
from api_hour.http.transport.outbox import Outbox
from api_hour.http.transport.unsent import count_unsent_bytes

HELD_BYTES = 16384  # of one answer, and less: copying costs less than to send alone


class Writer:
    """The sending side of one connection.

    Args:
        transport: the connection's.
        outbox: where those wait who have something to send.
        limits: how long a client may take to read.

    Attributes:
        can_write: whether the client has read enough of what was sent.
        is_cut: whether the connection was lost or cut; a transport that is closing may say so sooner.
    """

    __slots__ = (
        "_limits", "_outbox", "_outgoing", "_unsent_bytes", "_waiting", "_write_until_s", "can_write", "is_cut",
        "transport",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, outbox: Outbox, limits: Limits) -> None:
        self.transport = transport
        self._outbox = outbox
        self._limits = limits
        self._outgoing = b""  # goes out with what others have to send
        self._waiting: set[asyncio.Future[None]] = set()  # who wait until they may write again
        self._unsent_bytes = 0
        self._write_until_s = 0.0  # in the loop's time; 0 for no deadline
        self.can_write = True
        self.is_cut = False

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.is_cut or self.transport.is_closing()

    # Bytes out, in order.

    def send_soon(self, data: bytes) -> None:
        """Send with what others send in this turn of the loop, unless it is much; nothing when nothing can be sent."""
        if len(data) > HELD_BYTES:
            if not self.is_lost:
                self.send_now(data)
        elif self._outgoing:
            self._outgoing += data
        else:
            self._outgoing = data
            self._outbox.add(self)

    def send_now(self, data: bytes) -> None:
        """Send, and what waits before it."""
        if len(data) > HELD_BYTES:
            self.send_outgoing()
        self._outgoing += data
        self.send_outgoing()

    def send_outgoing(self) -> None:
        """Send what waits."""
        if self._outgoing:
            outgoing, self._outgoing = self._outgoing, b""
            transport = self.transport
            if not self.is_cut and not transport.is_closing():
                if self._write_until_s:  # the client is watched
                    self._unsent_bytes += len(outgoing)
                transport.write(outgoing)

    def send_at_once(self) -> None:
        """Send what waits, before the loop's turn is over: uvloop before 0.23 keeps what is less than its limit."""
        if self._outgoing and not self.is_lost:
            self.transport.set_write_buffer_limits(high=0)
            self.send_outgoing()
            self.transport.set_write_buffer_limits()

    # The client that reads, or not.

    def pause(self, now_s: float) -> None:
        """Wait for the client to read."""
        self.can_write = False
        self.watch_reader(now_s)

    def resume(self) -> None:
        """Go on with what waited."""
        self.can_write = True
        self._write_until_s = 0.0
        self._wake()

    async def wait_until_sent(self) -> None:
        """Wait until the kernel has all that was to be sent.

        Raises:
            ClientGone: the client has closed the connection.
        """
        if not self.is_lost:
            self.transport.set_write_buffer_limits(high=0)
        try:
            self.send_outgoing()
            await self.drain()
        finally:
            if not self.is_lost:
                self.transport.set_write_buffer_limits()

    async def wait_until_writable(self, descriptor: int) -> None:
        """Wait until the kernel takes more, as it tells of a duplicate of the connection's descriptor.

        Raises:
            ClientGone: the client has closed the connection, or read too slowly.
        """
        loop = asyncio.get_running_loop()
        self.pause(loop.time())
        loop.add_writer(descriptor, self.resume)
        try:
            await self.drain()
        finally:
            loop.remove_writer(descriptor)

    async def drain(self) -> None:
        """Wait until the client has read enough.

        Raises:
            ClientGone: the client has closed the connection.
        """
        while not self.can_write:
            if self.is_lost:
                raise ClientGone("the client closed the connection")
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.add(waiter)
            try:
                await waiter
            finally:
                self._waiting.discard(waiter)

    def watch_reader(self, now_s: float) -> None:
        """Give the client some time to read what was sent."""
        self._unsent_bytes = count_unsent_bytes(self.transport)
        self._write_until_s = now_s + self._limits.write_timeout_s

    def is_too_slow(self, now_s: float) -> bool:
        """Tell whether the client has read nothing, or too little, in the time that it had."""
        if not 0.0 < self._write_until_s <= now_s:
            return False
        read_bytes = self._unsent_bytes - count_unsent_bytes(self.transport)
        if read_bytes <= 0 or read_bytes < self._limits.min_bytes_per_s * self._limits.write_timeout_s:
            return True
        self.watch_reader(now_s)
        return False

    # The end.

    def cut(self) -> None:
        """End the connection at once."""
        self.is_cut = True
        self._outgoing = b""
        self.transport.abort()

    def lose(self) -> None:
        """Take note that the connection is lost; all who wait are told."""
        self.is_cut = True
        self._outgoing = b""
        self._write_until_s = 0.0
        self._wake()

    def _wake(self) -> None:
        """Have all who wait look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
