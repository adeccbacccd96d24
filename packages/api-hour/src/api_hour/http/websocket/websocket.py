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
from collections import deque
from collections.abc import Sequence

from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import WebSocketClosed
from api_hour.http.message.request import Request
from api_hour.http.websocket.handshake import Handshake

__all__ = ["WebSocket", "WebSocketClosed"]

GOING_AWAY = 1001
ABNORMAL = 1006
SERVICE_RESTART = 1012
HELD_MESSAGES = 32  # that the application has not received, before the client is not read from
HELD_BYTES = 262144  # of them all; a larger message is held alone
FEED_BYTES = 8192  # that are understood at once: the smallest frame has 6 bytes, and what it becomes 100
TURN_FRAMES = 256  # after a piece with more of them, others have their turn: each costs 4 us

_QUIET = logging.getLogger("api_hour.http.websocket")


class WebSocket:
    """One WebSocket. Any number of tasks may send and receive.

    Args:
        connection: the connection.
        request: the handshake.

    Attributes:
        subprotocols: those that the client asks for.
        is_accepted: whether `accept` has been called.

    Raises:
        HttpError: the handshake is not one.
    """

    def __init__(self, connection: HttpProtocol, request: Request) -> None:
        self._connection = connection
        self._limits = connection.limits
        self._handshake = Handshake(request)
        self.subprotocols = self._handshake.subprotocols
        self.is_accepted = False
        self._protocol = ServerProtocol(state=State.OPEN, max_size=self._limits.message_bytes, logger=_QUIET)
        self._unread = bytearray()  # came and is not understood yet
        self._messages: deque[str | bytes] = deque()
        self._held_bytes = 0
        self._is_resuming = False  # it is not its turn
        self._parts = bytearray()  # of a message that has not ended
        self._is_text = False
        self._sending = asyncio.Lock()  # who comes first sends first; the others' messages wait outside the buffer
        self._news = asyncio.Event()  # set for a moment, for all who wait: look again
        self._closed: WebSocketClosed | None = None
        self._ping_at_s = 0.0
        self._is_ping_unanswered = False
        self._close_until_s = 0.0
        self._over = asyncio.Event()  # both sides have said that they close, or the client is gone
        self._has_ended = False

    @property
    def closed(self) -> WebSocketClosed | None:
        """How it was closed; None while it is open."""
        return self._closed

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
        connection = self._connection
        head = self._handshake.head(subprotocol, headers, connection.date)
        self.is_accepted = True
        connection.begin_answer(head, length_bytes=None, is_chunked=False, keep_alive=False)
        connection.on_gone = self._on_gone
        connection.on_drain = self._on_drain
        self._ping_at_s = connection.now_s + self._limits.ping_interval_s
        connection.take_over(self)
        if connection.is_client_gone:
            self._on_gone()
        elif connection.is_draining:
            self._on_drain()
        else:
            self._read()

    async def receive(self) -> str | bytes:
        """Return the next message; each is given to one task.

        Raises:
            WebSocketClosed: there is none, and there will be none.
            RuntimeError: it is not accepted yet.
        """
        self._check_accepted()
        while not self._messages:
            self._check_open()
            await self._news.wait()
        message = self._messages.popleft()
        self._held_bytes -= len(message)
        if len(self._messages) < HELD_MESSAGES // 2 and self._held_bytes < HELD_BYTES // 2:
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
        while self._closed is None:
            await self._news.wait()
        return self._closed

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

    # The connection's calls.

    def data_received(self, data: bytes) -> None:
        """Take frames."""
        self._is_ping_unanswered = False
        self._unread += data
        self._read()

    def pause_writing(self) -> None:
        """Do not read from a client that does not read, unless it is to close."""
        self._read()

    def resume_writing(self) -> None:
        """Go on with what waited for the client to read."""
        self._tell()
        self._read()

    def check_deadline(self, now_s: float) -> None:
        """Ping a silent client; cut one that does not answer, or does not close."""
        if 0.0 < self._close_until_s <= now_s:
            self._connection.abort_connection()
        elif self._closed is None and self._limits.ping_interval_s > 0 and self._ping_at_s <= now_s:
            self._ping_at_s = now_s + self._limits.ping_interval_s
            if self._must_wait():
                self._is_ping_unanswered = False  # its answer may have come, and is not read
            elif self._is_ping_unanswered:
                self._protocol.fail(1011, "no answer to a ping")
                self._flush()
                self._finish()
                return
            if self._connection.can_write:
                self._is_ping_unanswered = True
                self._protocol.send_ping(b"")
                self._flush()

    def begin_shutdown(self) -> None:
        """Tell the client that the server goes away."""
        self.begin_close(GOING_AWAY)

    def _on_drain(self) -> None:
        self.begin_close(SERVICE_RESTART)

    def _on_gone(self) -> None:
        self._unread.clear()
        self._protocol.receive_eof()
        self._finish()

    # Frames.

    def _read(self) -> None:
        """Understand what came, as far as there is room for what it becomes; read from the client if there is more."""
        while self._unread and not self._is_resuming and not self._must_wait():
            piece = self._unread[:FEED_BYTES]
            del self._unread[:FEED_BYTES]
            if self._feed(piece) > TURN_FRAMES:
                self._is_resuming = True
                self._connection.loop.call_soon(self._take_turn)
        if self._is_resuming or self._must_wait():
            self._connection.hold()
        else:
            self._connection.read_on()

    def _take_turn(self) -> None:
        self._is_resuming = False
        self._read()

    def _must_wait(self) -> bool:
        if self._closed is not None:
            return False
        is_full = len(self._messages) >= HELD_MESSAGES or self._held_bytes >= HELD_BYTES
        return is_full or not self._connection.can_write

    def _feed(self, data: bytearray) -> int:
        """Understand a piece; return how many frames ended in it."""
        protocol = self._protocol
        was_open = self._closed is None
        protocol.receive_data(data)
        events = protocol.events_received()
        for event in events:
            if isinstance(event, Frame) and not self._take(event):
                break
        if was_open or self._connection.can_write:
            self._flush()
        else:
            protocol.data_to_send()  # pongs, for one that reads nothing
        if protocol.eof_sent:  # both sides have closed, or the client was at fault
            self._finish()
            self._end()
            self._connection.let_go()
        return len(events)

    def _take(self, frame: Frame) -> bool:
        """Take a frame; False when no other may be taken after it."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT) or self._closed is not None:
            return True
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._parts += frame.data
        if frame.fin:
            data, self._parts = self._parts, bytearray()
            try:
                message = data.decode() if self._is_text else bytes(data)
            except UnicodeDecodeError as error:
                self._protocol.fail(1007, f"{error.reason} at position {error.start}")
                return False
            self._messages.append(message)
            self._held_bytes += len(message)
            self._tell()
        return True

    def _flush(self) -> None:
        """Send what the protocol has to say; its end of the stream is nothing, the connection closes itself."""
        self._connection.write(b"".join(self._protocol.data_to_send()))

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
        if self._closed is None:
            self._closed = WebSocketClosed(code, reason)
            self._parts.clear()
            self._close_until_s = self._connection.now_s + self._limits.close_timeout_s
            self._tell()

    def _end(self) -> None:
        """End the answer that it is."""
        if not self._has_ended:
            self._has_ended = True
            self._connection.end_answer()

    # Those who wait.

    def _tell(self) -> None:
        self._news.set()
        self._news.clear()

    async def _wait_for_reader(self) -> None:
        while not self._connection.can_write:
            self._check_open()
            await self._news.wait()

    def _check_open(self) -> None:
        if self._closed is None and self._connection.is_lost:  # who sends without end gives nobody a turn to say so
            self._close(ABNORMAL, "")
        if self._closed is not None:
            raise WebSocketClosed(self._closed.code, self._closed.reason)

    def _check_accepted(self) -> None:
        if not self.is_accepted:
            raise RuntimeError("the WebSocket is not accepted yet; call accept(), or raise HttpError to refuse it")
