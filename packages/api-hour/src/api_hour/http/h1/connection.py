"""The sending side of one connection: answers, the client that reads them, and who that is.

Rules that must hold: an answer is sent whole or the connection is cut, so that no part is taken for the whole; and
what a client does not read is not produced, beyond the transport's buffer.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api_hour.http.exchange.stream_scope import Stream, StreamScope
from api_hour.http.message.errors import ClientGone
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response, closes, encode_head, encode_response, has_body
from api_hour.http.transport.unsent import count_unsent_bytes
from api_hour.http.wire.proxy import Address, Origin, origin_of, plain_host

if TYPE_CHECKING:
    from api_hour.http.server import Server

HELD_BYTES = 16384  # of one answer, and less: copying costs less than to send alone


class Connection(asyncio.Protocol):
    """One connection, as those see it who answer its requests.

    Attributes:
        is_draining: whether the worker is to end soon.
        is_client_gone: whether the client has closed its end. Some close only that, and still read.
        is_timed_out: whether the handler was cancelled because it took too long.
        loop: the running loop.
        has_begun_answer: whether a part of the answer may be with the client already.
        has_ended_answer: whether the answer is whole.
        stream: the answer, while it is sent piece by piece.
        on_gone: called when the client has closed its end, if it is set.
        on_drain: called when the worker is to end soon, if it is set.
    """

    __slots__ = (
        "_can_write", "_drained", "_ends", "_has_body", "_is_chunked", "_is_lost", "_keep_alive", "_left_bytes",
        "_outgoing", "_proxied_for", "_server", "_transport", "_unsent_bytes", "_write_until_s", "_writers",
        "has_begun_answer", "has_ended_answer", "is_client_gone", "is_draining", "is_timed_out", "loop", "on_drain",
        "on_gone", "stream",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.loop = asyncio.get_running_loop()
        self._keep_alive = True
        self._is_chunked = False
        self._has_body = True
        self._left_bytes: int | None = None  # of a body of known length
        self._can_write = True
        self._writers: set[asyncio.Future[None]] = set()  # who wait until they may write again
        self._unsent_bytes = 0
        self._write_until_s = 0.0
        self._is_lost = False
        self._outgoing = b""  # goes out with what others have to send
        self._drained: asyncio.Event | None = None
        self._proxied_for: Address | None = None
        self._ends: _Ends | None = None
        self.is_draining = False
        self.is_client_gone = False
        self.is_timed_out = False
        self.has_begun_answer = False
        self.has_ended_answer = False
        self.stream: Stream | None = None
        self.on_gone: Callable[[], None] | None = None
        self.on_drain: Callable[[], None] | None = None

    # Sending an answer.

    @property
    def can_write(self) -> bool:
        """Whether the client has read enough of what was sent."""
        return self._can_write

    @property
    def is_lost(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._is_lost or self._transport.is_closing()

    def keeps_alive(self, request: Request) -> bool:
        """Tell whether the connection stays open after the answer to a request."""
        raise NotImplementedError

    def send(self, request: Request, response: Response) -> None:
        """Send a whole answer.

        Raises:
            ValueError: its head cannot be sent; nothing was.
        """
        body = response.body
        assert isinstance(body, bytes)
        keep_alive = self.keeps_alive(request) and not (response.headers and closes(response))
        heads = self._server.heads
        if (
            keep_alive
            and response.status == 200
            and not response.headers
            and request.method != "HEAD"
            and not request.is_http_1_0
        ):
            data = heads.whole(response, body)
        else:
            data = encode_response(response, request, date=heads.date, keep_alive=keep_alive)
        self.send_bytes(data, keep_alive=keep_alive)

    def send_json(self, request: Request, document: bytes) -> None:
        """Send a JSON document with status 200: what most handlers return needs no Response."""
        if self.keeps_alive(request) and request.method != "HEAD" and not request.is_http_1_0:
            self._keep_alive = True
            self._send_whole(self._server.heads.json(document))
        else:
            self.send(request, Response(document, content_type="application/json"))

    async def send_stream(self, request: Request, response: Response) -> None:
        """Send an answer piece by piece, as fast as the client reads.

        Raises:
            ValueError: its head cannot be sent, and nothing was; or its body has another length than it says.
            ClientGone: the client has closed the connection.
        """
        length_bytes = response.content_length
        keep_alive = self.keeps_alive(request) and not closes(response)
        is_chunked = length_bytes is None and not request.is_http_1_0
        if length_bytes is None and not is_chunked:
            keep_alive = False  # its end is the connection's (RFC 9112, 6.3)
        head = encode_head(
            response,
            length_bytes,
            is_chunked=is_chunked,
            date=self._server.heads.date,
            keep_alive=keep_alive,
            is_http_1_0=request.is_http_1_0,
        )
        body = response.body
        assert not isinstance(body, bytes)
        pieces = aiter(body)
        try:
            if not has_body(response.status, request.method):
                self.begin_answer(head, length_bytes=None, is_chunked=False, keep_alive=keep_alive)
            else:
                self.begin_answer(head, length_bytes=length_bytes, is_chunked=is_chunked, keep_alive=keep_alive)
                await self._send_pieces(pieces, has_known_end=length_bytes is not None)
        finally:
            if (aclose := getattr(pieces, "aclose", None)) is not None:
                await aclose()
        self.end_answer()

    async def _send_pieces(self, pieces: AsyncIterator[bytes], *, has_known_end: bool) -> None:
        if self.is_lost:
            raise ClientGone("the client closed the connection")
        with StreamScope(has_known_end=has_known_end) as scope:
            self.stream = scope
            try:
                async for piece in pieces:
                    await self.send_piece(piece)
            finally:
                self.stream = None

    def send_bytes(self, data: bytes, *, keep_alive: bool) -> None:
        """Send a whole answer that somebody else has put together."""
        self._keep_alive = keep_alive
        self._send_whole(data)

    def send_interim(self, head: bytes) -> None:
        """Send an interim answer (RFC 9110, 15.2): the answer itself has not begun."""
        self._send_soon(head)

    def begin_answer(
        self, head: bytes, *, length_bytes: int | None, is_chunked: bool, keep_alive: bool, has_body: bool = True
    ) -> None:
        """Send the head of an answer whose body comes in pieces.

        Args:
            head: the whole head.
            length_bytes: the length that it says; None when it says none.
            is_chunked: whether it says that the body comes in chunks.
            keep_alive: whether the connection stays open after it.
            has_body: whether a body follows; else its pieces are thrown away.
        """
        self._has_body = has_body
        self._left_bytes, self._is_chunked, self._keep_alive = length_bytes, is_chunked, keep_alive
        self.has_begun_answer = True
        self._send_soon(head)

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of the body, and wait until the client has read enough of it.

        Raises:
            ValueError: the body is longer than its head says.
            ClientGone: the client has closed the connection.
        """
        if piece:
            self.write_piece(piece)
        if not self._can_write:
            await self.drain()

    def write_piece(self, piece: bytes) -> None:
        """Send a piece of the body, without waiting.

        Raises:
            ValueError: the body is longer than its head says.
            ClientGone: the client has closed the connection.
        """
        if self.is_lost:
            raise ClientGone("the client closed the connection")
        if self._left_bytes is not None:
            self._left_bytes -= len(piece)
            if self._left_bytes < 0:
                raise ValueError(f"response body: it is {-self._left_bytes} bytes longer than its head says")
        if self._has_body:
            self._send_now(b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece)

    async def drain(self) -> None:
        """Wait until the client has read enough.

        Raises:
            ClientGone: the client has closed the connection.
        """
        while not self._can_write:
            if self.is_lost:
                raise ClientGone("the client closed the connection")
            writer = self.loop.create_future()
            self._writers.add(writer)
            try:
                await writer
            finally:
                self._writers.discard(writer)

    def end_answer(self) -> None:
        """Send the end of the body.

        Raises:
            ValueError: the body is shorter than its head says.
        """
        if self._left_bytes:
            raise ValueError(f"response body: it is {self._left_bytes} bytes shorter than its head says")
        if self._is_chunked and self._has_body:
            self._send_soon(b"0\r\n\r\n")
        self.has_ended_answer = True

    def fail(self, request: Request, response: Response) -> None:
        """Send an error instead of an answer; cut the connection when the answer has begun."""
        if self.has_begun_answer:
            self._cut()
        elif not self.is_lost:
            self.send(request, response)

    # Bytes out, in order.

    def _send_whole(self, data: bytes) -> None:
        self.has_begun_answer = self.has_ended_answer = True
        self._send_soon(data)

    def _send_soon(self, data: bytes) -> None:
        """Send with what others send in this turn of the loop, unless it is much; nothing when nothing can be sent."""
        if len(data) > HELD_BYTES:
            if not self.is_lost:
                self._send_now(data)
        elif self._outgoing:
            self._outgoing += data
        else:
            self._outgoing = data
            self._server.outbox.add(self)

    def _send_now(self, data: bytes) -> None:
        """Send, and what waits before it."""
        if len(data) > HELD_BYTES:
            self.send_outgoing()
        self._outgoing += data
        self.send_outgoing()

    def send_outgoing(self) -> None:
        """Send what waits."""
        if self._outgoing:
            outgoing, self._outgoing = self._outgoing, b""
            if not self.is_lost:
                if self._write_until_s:  # the client is watched
                    self._unsent_bytes += len(outgoing)
                self._transport.write(outgoing)

    # The client that reads, or not.

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self._can_write = False
        self._await_reader()

    def resume_writing(self) -> None:
        """Go on with an answer that waited."""
        self._can_write = True
        self._write_until_s = 0.0
        self._wake_writers()

    def _wake_writers(self) -> None:
        """Have all who wait look again."""
        for writer in self._writers:
            if not writer.done():
                writer.set_result(None)

    def _await_reader(self) -> None:
        self._unsent_bytes = count_unsent_bytes(self._transport)
        self._write_until_s = self._server.now_s + self._server.limits.write_timeout_s

    def _check_reader(self) -> None:
        """Cut a client that reads nothing, or too slowly."""
        limits = self._server.limits
        read_bytes = self._unsent_bytes - count_unsent_bytes(self._transport)
        if read_bytes <= 0 or read_bytes < limits.min_bytes_per_s * limits.write_timeout_s:
            self._cut()
        else:
            self._await_reader()

    def abort_connection(self) -> None:
        """Cut the connection; the handler goes on."""
        self._cut()

    def _cut(self) -> None:
        """End the connection at once."""
        self._is_lost = True
        self._outgoing = b""
        self._transport.abort()

    # Who the client is, and what it is told.

    def introduce(self, client: Address | None) -> None:
        """Take who the client is from a proxy's header; None for who has connected."""
        self._proxied_for = client
        self._ends = None

    def client_of(self, request: Request) -> Address | None:
        """Return address and port of the client, as trusted proxies say; None for a unix socket's."""
        return self.ends_of(request)[0]

    def scheme_of(self, request: Request) -> str:
        """Return `http` or `https`, as trusted proxies say."""
        return self.ends_of(request)[2]

    def ends_of(self, request: Request) -> tuple[Address | None, tuple[str, int | None] | None, str]:
        """Return the client, the address it connected to (a unix socket's path and no port), and the scheme."""
        ends = self._ends or self._find_ends()
        if not ends.is_proxy:
            return ends.client, ends.server, ends.scheme
        origin = self._origin_of(request)
        return origin.client or ends.client, ends.server, origin.scheme or ends.scheme

    @property
    def limits(self) -> Limits:
        """What the client may ask for."""
        return self._server.limits

    @property
    def now_s(self) -> float:
        """The loop's time, as the server's clock shows it."""
        return self._server.now_s

    @property
    def date(self) -> bytes:
        """The Date header of now."""
        return self._server.heads.date

    async def wait_draining(self) -> None:
        """Wait until the worker is to end soon."""
        if self._drained is None:
            self._drained = asyncio.Event()
            if self.is_draining:
                self._drained.set()
        await self._drained.wait()

    def _find_ends(self) -> "_Ends":
        """Ask the transport once: it asks the kernel each time, and knows nothing more once it is closed."""
        transport = self._transport
        peer, own = (
            (None, None)
            if transport.is_closing()
            else (transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        )
        client = (plain_host(str(peer[0])), int(peer[1])) if isinstance(peer, tuple) else None
        proxy = self._server.proxy
        server: tuple[str, int | None] | None = None
        if isinstance(own, tuple):
            server = plain_host(str(own[0])), int(own[1])
        elif isinstance(own, str) and own:
            server = own, None
        self._ends = _Ends(
            client=self._proxied_for or client,
            server=server,
            scheme="http" if self._transport.get_extra_info("sslcontext") is None else "https",
            is_proxy=proxy is not None and proxy.trusts(None if client is None else client[0]),
        )
        return self._ends

    def _origin_of(self, request: Request) -> Origin:
        proxy = self._server.proxy
        return Origin() if proxy is None else origin_of(request.headers, proxy)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What is known of the two ends of a connection."""

    client: Address | None
    server: tuple[str, int | None] | None
    scheme: str
    is_proxy: bool  # what its headers say is believed
