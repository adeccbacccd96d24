"""HTTP/1.1 on one connection: bytes in, requests answered in order, bytes out (RFC 9112).

Rules that must hold:

1. One request is answered at a time: what comes after it waits as bytes, and is understood when its turn comes.
2. What cannot be understood beyond doubt is answered with an error and the connection is closed.
3. A client that neither sends nor reads is cut at a deadline; nothing is buffered without a limit.
"""

import asyncio
import re
from time import monotonic
from typing import TYPE_CHECKING, Protocol, cast

from api_hour.http.exchange.answering import Answering
from api_hour.http.h1.connection import Connection
from api_hour.http.message.body_stream import BodyStream
from api_hour.http.message.errors import NOT_WHOLE, ClientGone, Refusal
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response, encode_response
from api_hour.http.transport.half_close import begin_probing, is_gone
from api_hour.http.transport.low_water import GATHERED_BYTES, SMALL_BYTES, bytes_to_head_end, set_low_water
from api_hour.http.transport.reading import BODY, EVERYTHING, SUCCESSOR, WAITING, Reading
from api_hour.http.wire.framing import Framing, framing_for
from api_hour.http.wire.head import HEAD_END, HeadParser, refuse_beginning
from api_hour.http.wire.proxy_protocol import read_proxy_header

if TYPE_CHECKING:
    from api_hour.http.server import Server

PIPELINE_BATCH = 16  # requests that are begun on one connection before the others have their turn
WAITING_BYTES = 65536  # of requests that wait for their turn, before the client is not read from
EMPTY_LINES = 4  # that may come before a request (RFC 9112, 2.2)
DISCARD_BYTES = 262144  # of a body that its handler did not read: more is not worth keeping the connection
LINGER_S = 2.0  # how long the last answer may take to be read before the connection is closed

_NO_MESSAGE = Refusal(400, f"more than {EMPTY_LINES} empty lines came before a request")
_HEAD = b"HEAD "
_IN_REQUEST = re.compile(rb"[^\r\n]")


class Successor(Protocol):
    """What a connection speaks after a change of protocol (RFC 9110, 7.8)."""

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""

    def pause_writing(self) -> None:
        """Wait for the client to read."""

    def resume_writing(self) -> None:
        """Go on with what waited for the client to read."""

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when a deadline has passed, in the loop's time."""

    def begin_shutdown(self) -> None:
        """Tell the client that the connection ends, and end it."""


class HttpProtocol(Connection):
    """One connection. Its requests are answered by its server."""

    __slots__ = (
        "__weakref__", "_answer_until_s", "_answering", "_begun_at_s", "_body_bytes", "_body_since_s",
        "_closes_when_idle", "_deadline_at_s", "_empty_lines", "_framing", "_has_more", "_heads", "_is_last",
        "_is_over", "_is_proxied", "_is_resuming", "_low_water_bytes", "_must_continue", "_pieces", "_reading",
        "_request", "_rest", "_searched_bytes", "_successor",
    )  # fmt: skip

    def __init__(self, server: "Server") -> None:
        super().__init__(server)
        server.use(self.loop)
        self._heads = HeadParser(server.limits, server.container, server.knows_method)
        self._rest = bytearray()  # came and is not understood yet
        self._searched_bytes = 0  # of it, the beginning of a head that was looked at
        self._empty_lines = 0
        self._has_more = False  # something came after the request that is being begun
        self._request: Request | None = None  # its body is read, or it is answered
        self._framing: Framing | None = None  # of a body that has not ended
        self._pieces: list[bytes] = []
        self._must_continue = False  # the client waits to be told to send the body
        self._answering: Answering | None = None
        self._successor: Successor | None = None  # takes what comes after a change of protocol
        self._is_resuming = False
        self._low_water_bytes = 1  # that must have come before the client is read from
        self._is_over = False  # what comes is thrown away
        self._is_proxied = False  # a PROXY protocol header is to come
        self._is_last = False  # the connection is closed after what has come
        self._closes_when_idle = False
        # Deadlines, in the loop's time; 0 for none.
        self._deadline_at_s = 0.0  # for what is to come
        self._answer_until_s = 0.0
        self._body_since_s = 0.0
        self._body_bytes = 0
        self._begun_at_s = 0.0

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the first request's deadline, or refuse one connection too many."""
        self._transport = cast("asyncio.Transport", transport)
        self._reading = Reading(self._transport)
        if not self._server.add(self):
            limit = self._server.limits.connections
            setting = "--max-connections, or Limits(connections=...)"
            self._refuse(
                Refusal(503, f"{limit} connections are open", headers=[("Retry-After", "1")], setting=setting), b""
            )
            return
        proxy = self._server.proxy
        if proxy is not None and proxy.protocol:
            ends = self._find_ends()  # with TLS the header came before the handshake
            self._is_proxied = ends.is_proxy and ends.scheme == "http"
        self._set_deadline(self._server.limits.head_timeout_s)

    def connection_lost(self, _error: Exception | None) -> None:
        """Take nothing more; a handler that runs may finish, its answer has nowhere to go."""
        self._is_over = self._is_lost = True
        self._outgoing = b""
        self._deadline_at_s = self._write_until_s = 0.0
        self._rest.clear()
        self._server.connections.discard(self)
        self._heads.close()
        self._tell_gone()
        self._wake_writers()
        if self.stream is not None:
            self.stream.end()
        if self._answering is None:
            self._forget_request()

    def data_received(self, data: bytes) -> None:
        """Begin the requests that came, as far as it is their turn."""
        if self._is_over or not data:
            return
        if self._framing is not None:
            if more := self._receive_body(data):
                self._keep(more)
                self._resume()
        elif self._rest or self._request is not None or not self._can_write or self._is_proxied:
            self._keep(data)
            self._look_at_rest()
        else:
            self._take(data)
        if self._low_water_bytes != 1 or (len(data) <= SMALL_BYTES and (self._rest or self._framing is not None)):
            self._set_low_water()

    def eof_received(self) -> bool:
        """Keep a half-closed connection open while answers are still to be sent."""
        self.send_outgoing()
        self._is_last = self._closes_when_idle = self.is_client_gone = True
        can_answer = self._transport.can_write_eof()  # not with TLS
        self._tell_gone()
        if self._framing is not None:
            self._end_body(can_answer=can_answer)
        elif self._rest and self._request is None and self._can_write and not self._is_resuming:
            self._await_head()
        if not can_answer or (self._request is None and not self._rest):
            return False
        begin_probing(self._transport)
        return not is_gone(self._transport)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        if self._successor is not None:
            self._successor.pause_writing()

    def resume_writing(self) -> None:
        """Go on with what waited."""
        super().resume_writing()
        if self._successor is not None:
            self._successor.resume_writing()
        self._resume()

    # The worker's and the server's calls.

    def begin_drain(self) -> None:
        """Say `Connection: close` with the next answer; an idle connection stays open meanwhile."""
        self._is_last = self.is_draining = True
        if self._drained is not None:
            self._drained.set()
        if self.on_drain is not None:
            self.on_drain()

    def begin_shutdown(self) -> None:
        """Answer what has come with `Connection: close`; close at once when nothing has."""
        self.begin_drain()
        self._closes_when_idle = True
        if self._successor is not None:
            self._successor.begin_shutdown()
        elif self._request is None and self._framing is None and not self._rest:
            self._close()

    def end_stream(self) -> None:
        """End an answer that may go on for ever: the worker does not wait for it any longer."""
        if self.stream is not None and not self.stream.has_known_end:
            self.stream.end()

    def abort(self) -> None:
        """Stop the handler and cut the connection."""
        self._cut()
        if self._answering is not None:
            self._answering.cancel()

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when a deadline has passed."""
        if 0.0 < self._write_until_s <= now_s:
            self._check_reader()
        if 0.0 < self._answer_until_s <= now_s and self._answering is not None:
            self._answer_until_s = 0.0
            self.is_timed_out = True
            self._answering.cancel()
        if 0.0 < self._deadline_at_s <= now_s:
            self._deadline_at_s = 0.0
            self._give_up(now_s)
        if self._successor is not None:
            self._successor.check_deadline(now_s)
        elif self.is_client_gone and not self._is_lost and is_gone(self._transport):
            self._cut()

    def take_over(self, successor: Successor) -> None:
        """Give all that comes from now on to another protocol, whose answer is the end of this one."""
        self._successor = successor
        self._deadline_at_s = self._answer_until_s = 0.0
        self._keep_alive = False
        if self._rest:
            successor.data_received(self._give_rest())

    def hold(self) -> None:
        """Do not read from the client: the successor has much to do, or what it says is not read."""
        self._reading.hold(SUCCESSOR)

    def read_on(self) -> None:
        """Read from the client again."""
        self._reading.let_go(SUCCESSOR)

    def write(self, data: bytes) -> None:
        """Send bytes as they are, if the client is there."""
        if data and not self.is_lost:
            self._send_now(data)

    def want_body(self) -> None:
        """Let more of the body come; tell the client that waits for it to send it (RFC 9110, 10.1.1)."""
        if self._must_continue:
            self._must_continue = False
            if not self.has_begun_answer:
                self._send_now(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._await_body()
        elif self._reading.let_go(BODY):
            self._await_body()

    def hold_body(self) -> None:
        """Read no more from the client, which is not to blame for the time that passes."""
        self._reading.hold(BODY)
        self._deadline_at_s = 0.0

    def let_body_go(self) -> None:
        """Read on, for whatever comes: nobody is to be asked for this body any more."""
        self._reading.let_go(BODY)

    def keeps_alive(self, request: Request) -> bool:
        """Tell whether the connection stays open after the answer to a request."""
        if not request.keep_alive or self._must_continue:
            return False
        if self._is_last and not self._has_more and not self._is_request(self._rest, 0):
            return False
        return self._framing is None or (not self._is_over and self._framing.missing_bytes() <= DISCARD_BYTES)

    # Receiving requests.

    def _look_at_rest(self) -> None:
        """Go on with what has come: a PROXY protocol header, the rest of a head, or what waits for its turn."""
        if self._is_proxied:
            self._read_proxy_header()
        elif self._request is not None or not self._can_write or self._is_resuming or not self._rest:
            return  # it is not its turn
        elif self._rest[0] == 0x0D or self._rest.find(HEAD_END, max(self._searched_bytes - 3, 0)) >= 0:
            self._take(self._give_rest())
        else:
            self._await_head()

    def _skip_empty_lines(self, data: bytes, position: int) -> int:
        """Return the position after the empty lines that some clients send before a request."""
        while data.startswith(b"\r\n", position):
            position += 2
            self._empty_lines += 1
        if self._empty_lines > EMPTY_LINES:
            self._refuse(_NO_MESSAGE, data[position:])
        return position

    def _keep(self, data: bytes) -> None:
        """Keep what came until it is its turn."""
        if self._successor is not None:
            if data:
                self._successor.data_received(data)
            return
        self._rest += data
        if len(self._rest) > WAITING_BYTES and (self._request is not None or not self._can_write):
            self._reading.hold(WAITING)

    def _give_rest(self) -> bytes:
        rest = bytes(self._rest)
        self._clear_rest()
        self._searched_bytes = 0
        return rest

    def _clear_rest(self) -> None:
        self._rest.clear()
        self._reading.let_go(WAITING)

    def _take(self, data: bytes) -> None:
        """Begin the requests in `data` one after the other; what is not their turn yet is kept."""
        position = 0
        batch = PIPELINE_BATCH  # a range, and a slice of a whole head, are a fortieth of the engine's instructions
        while batch:
            batch -= 1
            if data[position] == 0x0D:
                position = self._skip_empty_lines(data, position)
                if self._is_over:
                    return
            end = data.find(HEAD_END, position) + 4
            if end < 4:
                self._rest += data[position:]
                self._await_head()
                return
            try:
                request = self._heads.parse(data if end - position == len(data) else data[position:end])
                if request.content_length or request.is_chunked:
                    data, position = self._take_body(request, data[end:]), 0
                else:
                    position = end
                    self._has_more = end < len(data) and self._is_request(data, end)
                    self._begin(request)
            except Refusal as refusal:
                self._refuse(refusal, data[position:])
                return
            if self._is_over:
                return
            if self._request is not None or self._framing is not None or not self._can_write:
                self._keep(data[position:])
                return
            if position == len(data):
                self._await_request()
                return
        self._rest += data[position:]
        self._resume_soon()

    def _resume_soon(self) -> None:
        self._is_resuming = True
        self.loop.call_soon(self._take_turn, context=self._server.context)

    def _is_request(self, data: bytes | bytearray, position: int) -> bool:
        """Tell whether what is at a position will be answered: not empty lines that are the last."""
        return position < len(data) and (not self.is_client_gone or _IN_REQUEST.search(data, position) is not None)

    def _take_turn(self) -> None:
        self._is_resuming = False
        self._resume()

    def _resume(self) -> None:
        """Go on with what has come, if it is its turn."""
        if self._request is not None or self._framing is not None or self._is_resuming or self._is_over:
            return
        if not self._can_write:
            return
        if self._rest:
            self._take(self._give_rest())
        else:
            self._await_request()

    def _begin(self, request: Request) -> None:
        """Answer a request."""
        server = self._server
        request.connection = self
        self._request = request
        self._empty_lines = 0
        self.has_begun_answer = self.has_ended_answer = self.is_timed_out = False
        if self._framing is None:
            self._deadline_at_s = 0.0
        if server.limits.request_timeout_s:
            self._answer_until_s = server.now_s + server.limits.request_timeout_s
        if server.stats is not None:
            server.stats.begin()
        self._begun_at_s = monotonic()
        answering = server.begin(self, request)
        if answering is None:
            self._finish()
            return
        server.works.add(answering)
        answering.add_done_callback(self._on_done, context=server.context)
        if self.has_ended_answer:  # what goes on is not the answer
            self._finish()
        else:
            self._answering = answering

    def let_go(self) -> None:
        """Go on without who answers: the answer is whole, and what else there is to do is no matter of the client's."""
        if self._answering is not None:  # else it is in its first step, and `_begin` sees to it
            self._answering = None
            self._finish()
            self._resume_soon()

    def _on_done(self, answering: Answering) -> None:
        self._server.works.discard(answering)
        if answering is not self._answering:
            return
        self._answering = None
        if answering.cancelled() or answering.exception() is not None:
            self.abort()
        self._finish()
        self._resume()

    def _finish(self) -> None:
        """Decide what becomes of the connection after an answer."""
        server = self._server
        now_s = monotonic()
        if server.stats is not None:
            server.stats.end(now_s - self._begun_at_s)
        if server.outbox.send_by_s < now_s:
            server.outbox.send_all()
        request = self._request
        assert request is not None
        self._answer_until_s = 0.0
        if request.incoming is not None:
            request.incoming.fail(ClientGone("the answer to this request is over"))
        self._request = None
        if self._is_lost:
            return
        if not self.has_ended_answer:
            self._cut()
        elif not self._keep_alive:
            self._close(linger=self._framing is not None or request.keep_alive)
        elif self._framing is not None:  # the rest of its body is read and thrown away
            self._await_body()

    def _forget_request(self) -> None:
        self._request = None
        self._pieces = []

    def _take_body(self, request: Request, data: bytes) -> bytes:
        """Begin a request whose body begins with `data`, which may be all that will come."""
        more = self._begin_with_body(request, data)
        if self._framing is not None and self.is_client_gone:
            self._tell_gone()
            self._end_body(can_answer=True)
        return more

    def _begin_with_body(self, request: Request, data: bytes) -> bytes:
        """Begin a request whose body begins with `data`, when its handler wants it; return what follows the body."""
        limits = self._server.limits
        self._request = request
        try:
            self._framing = framing_for(request.content_length, limits, is_chunked=request.is_chunked)
        except Refusal as refusal:
            self._refuse_body(refusal)
            return b""
        self.has_begun_answer = False
        self._body_bytes = 0
        self._must_continue = request.expects_continue and not data
        self._has_more = False
        self._await_body()
        if self._server.streams_body(request):
            request.incoming = BodyStream(self, limits.buffer_bytes)
            more = self._receive_body(data) if data else b""
            self._has_more = self._is_request(more, 0)
            if self._must_continue:
                self._deadline_at_s = 0.0  # the client waits for the handler
            self._begin(request)
            return more
        if not data:
            self.want_body()
            return b""
        return self._receive_body(data)

    def _receive_body(self, data: bytes) -> bytes:
        """Take a part of the body; return what follows the body."""
        assert self._framing is not None
        request = self._request
        self._must_continue = False
        self._body_bytes += len(data)
        try:
            pieces, more = self._framing.feed(data)
        except Refusal as refusal:
            self._refuse_body(refusal)
            return b""
        incoming = None if request is None else request.incoming
        if incoming is not None:
            incoming.feed(pieces)
        elif request is not None:
            self._pieces += pieces
        if more is None:
            return b""
        self._framing = None
        self._deadline_at_s = 0.0
        if incoming is not None:
            incoming.end()
        elif request is not None:
            request.body = b"".join(self._pieces)
            self._pieces = []
            self._has_more = self._is_request(more, 0)
            self._begin(request)
        return more

    def _refuse_body(self, refusal: Refusal) -> None:
        """Refuse the rest of a body: by the handler that reads it, or here."""
        request = self._request
        if request is None:  # it was answered before
            self._close(linger=True)
        elif request.incoming is None:
            self._refuse(refusal, request.method.encode("ascii") + b" ")
            self._forget_request()
        else:
            self._log_refusal(refusal)
            self._is_over = self._is_last = True
            self._clear_rest()
            self._deadline_at_s = 0.0
            request.incoming.fail(refusal)

    def _end_body(self, *, can_answer: bool) -> None:
        """Take note that the rest of a body will not come; a handler that reads it has been told."""
        if self._request is not None and self._request.incoming is not None:
            return
        if can_answer:
            self._refuse_body(NOT_WHOLE)
        else:
            self._forget_request()

    def _read_proxy_header(self) -> None:
        try:
            found = read_proxy_header(bytes(self._rest))
        except Refusal as refusal:
            self._refuse(refusal, self._rest)
            return
        if found is not None:
            self._is_proxied = False
            client, rest = found
            self.introduce(client)
            self._clear_rest()
            if rest:
                self._take(rest)

    # Waiting for the client.

    def _set_deadline(self, timeout_s: float) -> None:
        self._deadline_at_s = self._server.now_s + timeout_s

    def _await_request(self) -> None:
        """Nothing has come: the client may rest."""
        if self._closes_when_idle:
            self._close()
        else:
            self._set_deadline(self._server.limits.keep_alive_timeout_s)

    def _await_head(self) -> None:
        """The beginning of a head has come: the rest must come in time."""
        rest = self._rest
        if rest != b"\r":
            searched_bytes = self._searched_bytes
            refusal = refuse_beginning(rest, self._server.limits, searched_bytes)
            if self.is_client_gone and not self._is_proxied and self._is_request(rest, 0):
                refusal = refusal or NOT_WHOLE
            if refusal is not None:
                self._refuse(refusal, rest)
                return
        if self.is_client_gone:
            self._close()
            return
        if not self._searched_bytes and (self._request is None):
            self._set_deadline(self._server.limits.head_timeout_s)
        self._searched_bytes = len(rest)

    def _await_body(self) -> None:
        self._body_since_s = self._server.now_s
        self._body_bytes = 0
        self._set_deadline(self._server.limits.body_timeout_s)

    def _give_up(self, now_s: float) -> None:
        """End the wait for what was to come."""
        limits = self._server.limits
        if self._is_over:
            self._transport.abort()
        elif self._framing is not None:
            until_s = self._body_since_s + limits.body_timeout_s + self._body_bytes / limits.min_bytes_per_s
            if until_s > now_s:
                self._deadline_at_s = until_s
            else:
                setting = "Limits(body_timeout_s=..., min_bytes_per_s=...)"
                self._refuse_body(Refusal(408, "the body did not come in time", setting=setting))
        elif self._rest:
            setting = "Limits(head_timeout_s=...)"
            self._refuse(Refusal(408, "the request did not come in time", setting=setting), self._rest)
        else:
            self._close()

    def _set_low_water(self) -> None:
        """Be woken for a slow client when what it sends can make a difference."""
        low_water_bytes = 1
        if self._successor is not None or self._is_proxied or self._is_over:
            pass
        elif self._framing is not None:
            if self._request is None or self._request.incoming is None:  # nobody waits for a part
                low_water_bytes = max(1, min(self._framing.missing_bytes(), GATHERED_BYTES))
        elif self._request is None and self._rest and not self._is_resuming:
            low_water_bytes = bytes_to_head_end(self._rest)
        if low_water_bytes != self._low_water_bytes:
            self._low_water_bytes = low_water_bytes
            set_low_water(self._transport, low_water_bytes)

    # The connection's end.

    def _refuse(self, refusal: Refusal, beginning: bytes | bytearray) -> int:
        """Answer with an error, and take nothing more (RFC 9112, 9.6).

        Args:
            refusal: what is wrong.
            beginning: of the request; where it may be HEAD, the answer has no content (RFC 9110, 9.3.2).

        Returns:
            The length of the content.
        """
        self._log_refusal(refusal)
        server = self._server
        if server.stats is not None:
            server.stats.begin()
            server.stats.end(0.0)
        content = "" if _HEAD.startswith(bytes(beginning[: len(_HEAD)])) else f"{refusal}\n"
        response = Response(content, status=refusal.status, headers=refusal.headers)
        self._send_now(encode_response(response, None, date=server.heads.date, keep_alive=False))
        self._close(linger=True)
        return len(content)

    def _log_refusal(self, refusal: Refusal) -> None:
        request = self._request
        what = "a request" if request is None else f"{request.method} {request.path!r}"
        client = (self._ends or self._find_ends()).client
        whose = "" if client is None else f" of {client[0]}"
        hint = f"; the limit is raised with {refusal.setting}" if refusal.setting else ""
        self._server.refusals.info("refused %s%s: %d %s%s", what, whose, refusal.status, refusal, hint)

    def _close(self, *, linger: bool = False) -> None:
        """Close the connection when all is sent.

        Args:
            linger: only our end at first. What the client still sends is read and thrown away for a while, because the
                reset that it would meet can destroy the answer on its way (RFC 9112, 9.6).
        """
        self._is_over = True
        self._framing = None
        self._rest.clear()
        self.send_outgoing()
        self._await_reader()
        if linger and not self.is_client_gone and not self._transport.is_closing() and self._transport.can_write_eof():
            self._reading.let_go(EVERYTHING)
            self._transport.write_eof()
            self._set_deadline(LINGER_S)
        else:
            self._deadline_at_s = 0.0
            self._transport.close()

    def _cut(self) -> None:
        self._is_over = True
        super()._cut()

    def _tell_gone(self) -> None:
        self.is_client_gone = True
        if self._request is not None and self._request.incoming is not None:
            self._request.incoming.fail(ClientGone("the client closed the connection before the end of its body"))
        if self.on_gone is not None:
            self.on_gone()
