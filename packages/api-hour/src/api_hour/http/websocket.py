"""One WebSocket (RFC 6455) on the connection of its handshake: messages in, messages out, with back-pressure.

The protocol is the `websockets` package's, without its I/O. Rules that must hold: a message is given whole, or the
connection ends with the close code that says why; what the application has not received is bounded, and then the
client is not read from; a client that answers no ping is cut.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as HandshakeRequest
from websockets.protocol import State
from websockets.server import ServerProtocol

from api_hour.http.errors import ClientGone, HttpError
from api_hour.http.protocol import HttpProtocol
from api_hour.http.request import Request

GOING_AWAY = 1001
ABNORMAL = 1006
SERVICE_RESTART = 1012
HELD_MESSAGES = 32  # that the application has not received, before the client is not read from

_QUIET = logging.getLogger("api_hour.http.websocket")
_QUIET.setLevel(logging.WARNING)


class WebSocketClosed(ConnectionError):
    """The WebSocket is closed.

    Args:
        code: the close code (RFC 6455, 7.4); 1006 when there was none.
        reason: what the other side says.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the WebSocket is closed: {code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class WebSocket:
    """One WebSocket.

    Args:
        connection: the connection.
        request: the handshake.

    Raises:
        HttpError: the handshake is not one.
    """

    def __init__(self, connection: HttpProtocol, request: Request) -> None:
        self._connection = connection
        self._limits = connection.limits
        self._protocol = ServerProtocol(state=State.OPEN, max_size=self._limits.message_bytes, logger=_QUIET)
        self._handshake = ServerProtocol(logger=_QUIET).accept(_handshake_request(request))
        if self._handshake.status_code != 101:
            headers = [(name, value) for name, value in self._handshake.headers.raw_items() if name == "Upgrade"]
            reason = (self._handshake.body or b"").decode().strip()
            raise HttpError(self._handshake.status_code, reason, headers=headers)
        asked = ",".join(value for name, value in _text_headers(request) if name == "sec-websocket-protocol")
        self.subprotocols = [name.strip() for name in asked.split(",") if name.strip()]
        self._messages: deque[str | bytes] = deque()
        self._parts: list[bytes] = []
        self._is_text = False
        self._waiter: asyncio.Future[None] | None = None
        self._closed: WebSocketClosed | None = None
        self._ping_at_s = 0.0
        self._is_ping_unanswered = False
        self._close_until_s = 0.0
        self._over = asyncio.Event()

    @property
    def closed(self) -> WebSocketClosed | None:
        """How it was closed; None while it is open."""
        return self._closed

    def accept(self, subprotocol: str | None = None, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Accept the handshake.

        Args:
            subprotocol: one of those that the client asked for.
            headers: more headers of the answer.

        Raises:
            ValueError: a header is more than one line.
        """
        if subprotocol is not None:
            self._handshake.headers["Sec-WebSocket-Protocol"] = _one_line(subprotocol.encode("latin-1"))
        for name, value in headers:
            self._handshake.headers[_one_line(name)] = _one_line(value)
        self._connection.begin_answer(
            self._handshake.serialize(), length_bytes=None, is_chunked=False, keep_alive=False
        )
        self._connection.on_gone = self._on_gone
        self._connection.on_drain = self._on_drain
        self._ping_at_s = self._connection.now_s + self._limits.ping_interval_s
        self._connection.take_over(self)
        if self._connection.is_draining:
            self._on_drain()

    async def receive(self) -> str | bytes:
        """Return the next message.

        Raises:
            WebSocketClosed: there is none, and there will be none.
        """
        while not self._messages:
            if self._closed is not None:
                raise self._closed
            self._waiter = asyncio.get_running_loop().create_future()
            self._connection.read_on()
            try:
                await self._waiter
            finally:
                self._waiter = None
        message = self._messages.popleft()
        if len(self._messages) < HELD_MESSAGES // 2:
            self._connection.read_on()
        return message

    async def send(self, message: str | bytes) -> None:
        """Send a message, and wait until the client has read enough.

        Raises:
            WebSocketClosed: it cannot be sent any more.
        """
        if self._closed is not None:
            raise self._closed
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._flush()
        try:
            await self._connection.drain()
        except ClientGone:
            self._close(ABNORMAL, "")
            raise WebSocketClosed(ABNORMAL, "") from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close it, and wait for the client's word or until it is late."""
        self.begin_close(code, reason)
        await self._over.wait()
        self._connection.end_answer()

    def begin_close(self, code: int, reason: str = "") -> None:
        """Tell the client that it is closed."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._flush()
        self._close(code, reason)
        if not self._close_until_s:
            self._close_until_s = self._connection.now_s + self._limits.close_timeout_s

    # The connection's calls.

    def data_received(self, data: bytes) -> None:
        """Take frames."""
        self._is_ping_unanswered = False
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        self._flush()
        if self._protocol.eof_sent:  # both sides have closed, or the client was at fault
            self._finish()

    def check_deadline(self, now_s: float) -> None:
        """Ping a silent client; cut one that does not answer, or does not close."""
        if 0.0 < self._close_until_s <= now_s:
            self._connection.abort_connection()
        elif self._closed is None and self._limits.ping_interval_s > 0 and self._ping_at_s <= now_s:
            self._ping_at_s = now_s + self._limits.ping_interval_s
            if self._is_ping_unanswered and not self._is_held():
                self._protocol.fail(1011, "no answer to a ping")
                self._flush()
                self._finish()
            else:
                self._is_ping_unanswered = True
                self._protocol.send_ping(b"")
                self._flush()

    def begin_shutdown(self) -> None:
        """Tell the client that the server goes away."""
        self.begin_close(GOING_AWAY)

    def _on_drain(self) -> None:
        self.begin_close(SERVICE_RESTART)

    def _on_gone(self) -> None:
        self._protocol.receive_eof()
        self._finish()

    # Frames.

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._is_text = frame.opcode is Opcode.TEXT
        elif frame.opcode is not Opcode.CONT:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            data, self._parts = b"".join(self._parts), []
            try:
                self._give(data.decode() if self._is_text else data)
            except UnicodeDecodeError as error:
                self._protocol.fail(1007, f"{error.reason} at position {error.start}")

    def _give(self, message: str | bytes) -> None:
        self._messages.append(message)
        if self._is_held():
            self._connection.hold()
        self._wake()

    def _is_held(self) -> bool:
        return len(self._messages) >= HELD_MESSAGES

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            self._connection.write(data)  # nothing for the end of the stream: the connection closes itself

    def _finish(self) -> None:
        """Note that it is closed, by the client or by a fault; wait a little for the client to end the connection."""
        said = self._protocol.close_rcvd or self._protocol.close_sent
        if said is None:
            self._close(ABNORMAL, "")
        else:
            self._close(int(said.code), said.reason)
        self._over.set()

    def _close(self, code: int, reason: str) -> None:
        if self._closed is None:
            self._closed = WebSocketClosed(code, reason)
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _handshake_request(request: Request) -> HandshakeRequest:
    return HandshakeRequest(request.target.decode("ascii"), Headers(_text_headers(request)), request.method)


def _text_headers(request: Request) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.raw_headers]


def _one_line(text: bytes) -> str:
    if b"\r" in text or b"\n" in text or b"\0" in text:
        raise ValueError(f"response header: expected a name and a value of one line, got {text!r}")
    return text.decode("latin-1")
