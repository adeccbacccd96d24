"""One WebSocket (RFC 6455) on the connection of its handshake: messages in, messages out, with back-pressure.

The protocol is the `websockets` package's, without its I/O. Rules that must hold:

1. A message is given whole, or the connection ends with the close code that says why.
2. What is kept of a client is bounded, in number as in bytes. While the application has not received enough, or the
   client has not read enough, the client is not read from. What is kept of an unfinished message is its bytes.
3. After the close nothing is kept, and all is read, so that the client's own close is seen.
4. Everybody who waits is told of what happens, however many they are; a client that answers no ping is cut.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.upgrade import Channel
from api_hour.http.message.errors import WebSocketClosed
from api_hour.http.message.request import Request
from api_hour.http.websocket.handshake import Handshake
from api_hour.http.websocket.inbox import Inbox
from api_hour.http.websocket.news import News

__all__ = ["WebSocket", "WebSocketClosed"]

GOING_AWAY = 1001
ABNORMAL = 1006
SERVICE_RESTART = 1012
FEED_BYTES = 8192  # that are understood at once: the smallest frame has 6 bytes, and what it becomes 100
FEED_COMPRESSED_BYTES = 256  # which may become a thousand times as many
TURN_FRAMES = 256  # after a piece with more of them, others have their turn: each costs 4 us

_QUIET = logging.getLogger("api_hour.http.websocket")


class WebSocket:
    """One WebSocket. Any number of tasks may send and receive.

    Args:
        exchange: the handshake's.
        request: the handshake.

    Attributes:
        subprotocols: those that the client asks for.
        is_accepted: whether `accept` has been called.
        closed: how it was closed; None while it is open.

    Raises:
        HttpError: the handshake is not one.
    """

    _channel: Channel

    def __init__(self, exchange: Exchange, request: Request) -> None:
        self._exchange = exchange
        self._limits = exchange.server.limits
        self._handshake = Handshake(request, compresses=exchange.server.options.ws_compression)
        self.subprotocols = self._handshake.subprotocols
        self.is_accepted = False
        self._protocol = ServerProtocol(state=State.OPEN, max_size=self._limits.message_bytes, logger=_QUIET)
        self._protocol.extensions = self._handshake.extensions
        self._feed_bytes = FEED_COMPRESSED_BYTES if self._protocol.extensions else FEED_BYTES
        self._unread = bytearray()  # came and is not understood yet
        self._inbox = Inbox()
        self._is_resuming = False  # it is not its turn
        self._sending = asyncio.Lock()  # who comes first sends first; the others' messages wait outside the buffer
        self._news = News()
        self.closed: WebSocketClosed | None = None
        self._ping_at_s = 0.0
        self._is_ping_unanswered = False
        self._close_until_s = 0.0
        self._over = asyncio.Event()  # both sides have said that they close, or the client is gone
        self._has_ended = False

    def accept(self, subprotocol: str | None = None, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Accept the handshake.

        Args:
            subprotocol: one of those that the client asked for.
            headers: more headers of the answer; those that are the server's own are left out.

        Raises:
            ValueError: a header cannot be sent, and nothing was.
            RuntimeError: it is accepted already.
        """
        if self.is_accepted:
            raise RuntimeError("accept() was called before")
        exchange = self._exchange
        fields = self._handshake.answer_fields(subprotocol, headers)
        exchange.switch_protocols(b"websocket", fields, self)
        if exchange.is_client_gone:
            self._on_gone()
        elif exchange.is_draining:
            self.begin_close(SERVICE_RESTART)
        else:
            self._read()

    async def receive(self) -> str | bytes:
        """Return the next message; each is given to one task.

        Raises:
            WebSocketClosed: there is none, and there will be none.
            RuntimeError: it is not accepted yet.
        """
        self._check_accepted()
        while not self._inbox.messages:
            self._check_open()
            await self._news.wait()
        message = self._inbox.give()
        if self._inbox.has_room:
            self._read()
        return message

    async def send(self, message: str | bytes) -> None:
        """Send a message after those of others, and wait until the client has read enough.

        Raises:
            WebSocketClosed: it cannot be sent any more.
            RuntimeError: it is not accepted yet.
        """
        self._check_accepted()
        async with self._sending:
            await self._wait_for_reader()
            self._check_open()
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
            self._flush()
            await self._wait_for_reader()

    async def wait_closed(self) -> WebSocketClosed:
        """Wait until it is closed by either side, or the client is gone; return how."""
        while self.closed is None:
            await self._news.wait()
        return self.closed

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, and wait for the client's word or until it is late."""
        self.begin_close(code, reason)
        await self._over.wait()
        self._end()

    def begin_close(self, code: int, reason: str = "") -> None:
        """Tell the client that it is closed.

        Raises:
            RuntimeError: it is not accepted yet; an HttpError refuses it.
        """
        self._check_accepted()
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._flush()
        self._close(code, reason)
        self._read()

    # The connection's calls: see `Successor`.

    def take_over(self, channel: Channel) -> None:
        """Take the connection."""
        exchange = self._exchange
        self._channel = channel
        self.is_accepted = True
        exchange.on_gone = self._on_gone
        exchange.on_drain = partial(self.begin_close, SERVICE_RESTART)
        self._ping_at_s = exchange.server.now_s + self._limits.ping_interval_s

    def data_received(self, data: bytes) -> None:
        """Take frames."""
        self._is_ping_unanswered = False
        self._unread += data
        self._read()

    def heed_reader(self) -> None:
        """Do not read from a client that does not read, unless it is to close; go on with what waited for it."""
        self._news.tell()
        self._read()

    def check_deadline(self, now_s: float) -> None:
        """Ping a silent client; cut one that does not answer, or does not close."""
        if 0.0 < self._close_until_s <= now_s:
            self._exchange.cut()
        elif self.closed is None and self._limits.ping_interval_s > 0 and self._ping_at_s <= now_s:
            self._ping_at_s = now_s + self._limits.ping_interval_s
            if self._must_wait():
                self._is_ping_unanswered = False  # its answer may have come, and is not read
            elif self._is_ping_unanswered:
                self._protocol.fail(1011, "no answer to a ping")
                self._flush()
                self._finish()
                return
            if self._exchange.can_write:
                self._is_ping_unanswered = True
                self._protocol.send_ping(b"")
                self._flush()

    def begin_shutdown(self) -> None:
        """Tell the client that the server goes away."""
        self.begin_close(GOING_AWAY)

    def _on_gone(self) -> None:
        self._unread.clear()
        self._protocol.receive_eof()
        self._finish()

    # Frames.

    def _read(self) -> None:
        """Understand what came, as far as there is room for what it becomes; read from the client if there is more."""
        while self._unread and not self._is_resuming and not self._must_wait():
            piece = self._unread[: self._feed_bytes]
            del self._unread[: self._feed_bytes]
            if self._feed(piece) > TURN_FRAMES:
                self._is_resuming = True
                self._exchange.loop.call_soon(self._take_turn)
        if self._is_resuming or self._must_wait():
            self._channel.hold()
        else:
            self._channel.read_on()

    def _take_turn(self) -> None:
        self._is_resuming = False
        self._read()

    def _must_wait(self) -> bool:
        if self.closed is not None:
            return False
        return self._inbox.is_full or not self._exchange.can_write

    def _feed(self, data: bytearray) -> int:
        """Understand a piece; return how many frames ended in it."""
        protocol = self._protocol
        was_open = self.closed is None
        protocol.receive_data(data)
        events = protocol.events_received()
        for event in events:
            if isinstance(event, Frame) and not self._take(event):
                break
        if was_open or self._exchange.can_write:
            self._flush()
        else:
            protocol.data_to_send()  # pongs, for one that reads nothing
        if protocol.eof_sent:  # both sides have closed, or the client was at fault
            self._finish()
            self._end()
            self._exchange.let_go()
        return len(events)

    def _take(self, frame: Frame) -> bool:
        """Take a frame; False when no other may be taken after it."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) or self.closed is not None:
            return True
        try:
            if self._inbox.take(frame):
                self._news.tell()
        except UnicodeDecodeError as error:
            self._protocol.fail(1007, f"{error.reason} at position {error.start}")
            return False
        return True

    def _flush(self) -> None:
        """Send what the protocol has to say; its end of the stream is nothing, the connection closes itself."""
        self._channel.write(b"".join(self._protocol.data_to_send()))

    # The end.

    def _finish(self) -> None:
        """Note that it is closed: by the client, by a fault, or with the connection."""
        said = self._protocol.close_rcvd or self._protocol.close_sent
        if said is None:
            self._close(ABNORMAL, "")
        else:
            self._close(int(said.code), said.reason)
        self._over.set()

    def _close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = WebSocketClosed(code, reason)
            self._inbox.drop_unfinished()
            self._close_until_s = self._exchange.server.now_s + self._limits.close_timeout_s
            self._news.tell()

    def _end(self) -> None:
        """End the answer that it is."""
        if not self._has_ended:
            self._has_ended = True
            self._exchange.end_answer()

    # Those who wait.

    async def _wait_for_reader(self) -> None:
        while not self._exchange.can_write:
            self._check_open()
            await self._news.wait()

    def _check_open(self) -> None:
        if self.closed is None and self._exchange.is_lost:  # who sends without end gives nobody a turn to say so
            self._close(ABNORMAL, "")
        if self.closed is not None:
            raise WebSocketClosed(self.closed.code, self.closed.reason)

    def _check_accepted(self) -> None:
        if not self.is_accepted:
            raise RuntimeError("the WebSocket is not accepted yet; call accept(), or raise HttpError to refuse it")
