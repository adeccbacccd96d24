"""The reader of HTTP/1.1: bytes in, requests begun in order (RFC 9112).

Rules that must hold:

1. One request is answered at a time: what comes after it waits as bytes, and is understood when its turn comes.
2. What cannot be understood beyond doubt is answered with an error and the connection is closed.
3. A client that does not send is cut at a deadline; nothing is buffered without a limit.
"""

import re

from api_hour.http.exchange.application import Application
from api_hour.http.exchange.request_log import RequestLog
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.exchange.upgrade import Successor
from api_hour.http.h1.channel import H1Channel
from api_hour.http.h1.exchange import H1Exchange
from api_hour.http.h1.incoming_body import IncomingBody
from api_hour.http.h1.reader_state import (
    ANSWER,
    BODY,
    DISCARDED_BODY,
    HEAD,
    OVER,
    PROXY_HEADER,
    STREAMED_BODY,
    SUCCESSOR,
    TURN,
    State,
)
from api_hour.http.h1.receiving_side import ReceivingSide
from api_hour.http.message.errors import NOT_WHOLE, Refusal
from api_hour.http.message.request import Request
from api_hour.http.transport.low_water import SMALL_BYTES, LowWater, bytes_to_body_end, bytes_to_head_end
from api_hour.http.transport.writer import Writer
from api_hour.http.wire.framing import framing_for
from api_hour.http.wire.proxy_protocol import read_proxy_header
from api_hour.http.wire.request_head import HEAD_END, HeadParser, refuse_beginning

PIPELINE_BATCH = 16  # requests that are begun on one connection before the others have their turn
EMPTY_LINES = 4  # that may come before a request (RFC 9112, 2.2)

_NO_MESSAGE = Refusal(400, f"more than {EMPTY_LINES} empty lines came before a request")
_IN_REQUEST = re.compile(rb"[^\r\n]")


class RequestReader(ReceivingSide):
    """Reads the requests of one connection, and has each begun when it is its turn.

    Args:
        server: what the connections of the server share.
        application: tells how requests are to be read.
        exchange: has them answered.
        writer: sends.
        log: is told of what is refused; None when nobody wants to know.
        expects_proxy_header: whether the connection begins with a header of the PROXY protocol.
    """

    __slots__ = ("_application", "_empty_lines", "_has_more", "_heads", "_low_water")

    def __init__(
        self,
        server: ServerState,
        application: Application,
        exchange: H1Exchange,
        writer: Writer,
        log: RequestLog | None,
        *,
        expects_proxy_header: bool,
    ) -> None:
        super().__init__(server, exchange, writer, log, PROXY_HEADER if expects_proxy_header else HEAD)
        self._application = application
        self._heads = HeadParser(server.limits, server.container, application.knows_method)
        self._low_water = LowWater(writer.transport)
        self._empty_lines = 0
        self._has_more = False  # something came after the request that is being begun

    # What comes.

    def receive(self, data: bytes) -> None:
        """Begin the requests that came, as far as it is their turn."""
        state = self.state
        if state is HEAD and data and not self.backlog.data and self._writer.can_write:
            self._take(data)
        elif state is OVER or not data:
            return
        elif self.body is not None:
            more = self._receive_body(data)
            if more or self.state is HEAD:
                self._keep(more)
                self.resume()
        else:
            self._keep(data)
            self._look_at_backlog()
        if self._low_water.mark_bytes != 1 or (
            len(data) <= SMALL_BYTES and (self.backlog.data or self.body is not None)
        ):
            self._low_water.set(_gathered_bytes(self.state, self.backlog.data, self.body))

    def _keep(self, data: bytes) -> None:
        """Keep what came until it is its turn; a successor's turn it always is."""
        if self.successor is None:
            self.backlog.add(data, is_turn=self._exchange.request is None and self._writer.can_write)
        elif data:
            self.successor.data_received(data)

    def _look_at_backlog(self) -> None:
        """Go on with what has come: a proxy's header, the rest of a head, or what waits for its turn."""
        if self.state is PROXY_HEADER:
            self._read_proxy_header()
        elif self.state is not HEAD or not self._writer.can_write or not self.backlog.data:
            return  # it is not its turn
        elif self.backlog.may_be_taken():
            self._take(self.backlog.take())
        else:
            self._await_head()

    def _read_proxy_header(self) -> None:
        backlog = self.backlog
        try:
            found = read_proxy_header(bytes(backlog.data))
        except Refusal as refusal:
            self.refuse(refusal, backlog.data)
            return
        if found is not None:
            client, rest = found
            self._exchange.ends.introduce(client)
            backlog.clear()
            self.state = HEAD
            if rest:
                self._take(rest)

    def _take(self, data: bytes) -> None:
        """Begin the requests in `data` one after the other; what is not their turn yet is kept."""
        position = 0
        batch = PIPELINE_BATCH  # a range, and a slice of a whole head, are a fortieth of the engine's instructions
        while batch:
            batch -= 1
            if data[position] == 0x0D:
                position = self._skip_empty_lines(data, position)
                if self.state is OVER:
                    return
            end = data.find(HEAD_END, position) + 4
            if end < 4:
                self.backlog.data += data[position:]
                self._await_head()
                return
            try:
                request = self._heads.parse(data if end - position == len(data) else data[position:end])
                if request.content_length or request.is_chunked:
                    data, position = self._take_body(request, data[end:]), 0
                else:
                    position = end
                    self._has_more = end < len(data) and self._is_request(data, end)
                    self._empty_lines = 0
                    self.deadline.at_s = 0.0
                    self.state = ANSWER
                    self._exchange.begin(request)
            except Refusal as refusal:
                self.refuse(refusal, data[position:])
                return
            if self.state is not HEAD or not self._writer.can_write:
                if self.state is not OVER:
                    self._keep(data[position:])
                return
            if position == len(data):
                self._await_request()
                return
        self.backlog.data += data[position:]
        self.resume_soon()

    def _skip_empty_lines(self, data: bytes, position: int) -> int:
        """Return the position after the empty lines that some clients send before a request."""
        while data.startswith(b"\r\n", position):
            position += 2
            self._empty_lines += 1
        if self._empty_lines > EMPTY_LINES:
            self.refuse(_NO_MESSAGE, data[position:])
        return position

    def _is_request(self, data: bytes | bytearray, position: int) -> bool:
        """Tell whether what is at a position will be answered: not empty lines that are the last."""
        return position < len(data) and (not self.has_input_ended or _IN_REQUEST.search(data, position) is not None)

    # What follows an exchange.

    def keeps_alive(self, request: Request) -> bool:
        """Tell whether the connection stays open after the answer to a request."""
        if not request.keep_alive:
            return False
        if self.is_last and not self._has_more and not self._is_request(self.backlog.data, 0):
            return False
        return self.body is None or (self.state is not OVER and self.body.can_be_discarded())

    def end_exchange(self, request: Request) -> None:
        """Decide what becomes of the connection after the answer to a request, whole or not."""
        if self._writer.is_cut:
            return
        exchange = self._exchange
        if not exchange.has_ended_answer:
            self.cut()
        elif not exchange.keep_alive:
            self.close(linger=self.body is not None or request.keep_alive)
        elif self.state is OVER:
            return
        elif self.body is not None:
            self.state = DISCARDED_BODY
            self.body.wait()
        else:
            self.state = HEAD

    def resume(self) -> None:
        """Go on with what has come, if it is its turn."""
        if self.state is HEAD and self._writer.can_write:
            if self.backlog.data:
                self._take(self.backlog.take())
            else:
                self._await_request()

    def resume_soon(self) -> None:
        """Go on with what has come when others have had their turn."""
        if self.state is HEAD:
            self.state = TURN
            self._exchange.loop.call_soon(self._take_turn, context=self._server.context)

    def _take_turn(self) -> None:
        if self.state is TURN:
            self.state = HEAD
            self.resume()

    def take_over(self, successor: Successor) -> None:
        """Give all that comes from now on to another protocol."""
        self.successor = successor
        self.deadline.at_s = 0.0
        if self.state is ANSWER:  # else its body is still to come, or the client is gone
            self.state = SUCCESSOR
        successor.take_over(H1Channel(self._writer, self._reading))
        if self.backlog.data:
            successor.data_received(self.backlog.take())

    # A request with a body.

    def _take_body(self, request: Request, data: bytes) -> bytes:
        """Begin a request whose body begins with `data`, which may be all that will come; return what follows it."""
        exchange, limits, length_bytes = self._exchange, self._server.limits, request.content_length or 0
        streams = self._application.streams_body(request)
        self._empty_lines = 0
        if 0 < length_bytes <= min(len(data), limits.body_bytes) and not streams:  # it is here: the common case
            more = data[length_bytes:]
            request.body = data[:length_bytes]
            self._has_more = self._is_request(more, 0)
            self.deadline.at_s = 0.0
            self.state = ANSWER
            exchange.begin(request)
            return more
        exchange.expect(request)
        self._has_more = False
        try:
            framing = framing_for(request.content_length, limits, is_chunked=request.is_chunked)
        except Refusal as refusal:
            self._refuse_body(refusal)
            return b""
        assert framing is not None
        body = IncomingBody(framing, exchange, self.deadline, self._reading)
        body.is_awaited = request.expects_continue and not data
        self.body = body
        more = b""
        if streams:
            self.state = STREAMED_BODY
            body.stream_to(request)
            if data:
                more = self._receive_body(data)
                self._has_more = self._is_request(more, 0)
            if body.is_awaited:
                self.deadline.at_s = 0.0  # the client waits for the handler
            exchange.begin(request)
        else:
            self.state = BODY
            if data:
                more = self._receive_body(data)
            else:
                body.want_body()
        if self.has_input_ended and self.state in (BODY, STREAMED_BODY, DISCARDED_BODY):
            exchange.tell_gone()
            self._end_body()
        return more

    def _receive_body(self, data: bytes) -> bytes:
        """Take a part of the body; return what follows the body."""
        body, exchange = self.body, self._exchange
        assert body is not None
        request = exchange.request
        try:
            more = body.feed(data, request)
        except Refusal as refusal:
            self._refuse_body(refusal)
            return b""
        if more is None:
            return b""
        self.body = None
        state = self.state
        if state is BODY:
            assert request is not None
            self._has_more = self._is_request(more, 0)
            self.state = ANSWER
            exchange.begin(request)
        elif state is STREAMED_BODY:
            self.state = ANSWER if self.successor is None else SUCCESSOR
        elif state is DISCARDED_BODY:
            self.state = HEAD
        return more

    # Waiting for the client.

    def _await_request(self) -> None:
        """Nothing has come: the client may rest."""
        if self.closes_when_idle:
            self.close()
        else:
            server = self._server
            self.deadline.at_s = server.now_s + server.limits.keep_alive_timeout_s

    def _await_head(self) -> None:
        """The beginning of a head has come: the rest must come in time."""
        backlog = self.backlog
        beginning = backlog.data
        if beginning != b"\r":
            refusal = refuse_beginning(beginning, self._server.limits, backlog.searched_bytes)
            if self.has_input_ended and self.state is not PROXY_HEADER and self._is_request(beginning, 0):
                refusal = refusal or NOT_WHOLE
            if refusal is not None:
                self.refuse(refusal, beginning)
                return
        if self.has_input_ended:
            self.close()
            return
        if not backlog.searched_bytes:
            self.deadline.set(self._server.limits.head_timeout_s)
        backlog.searched_bytes = len(beginning)

    def check_deadline(self, now_s: float) -> None:
        """End the wait for what was to come, when it is late."""
        if not self.deadline.has_passed(now_s):
            return
        if self.state is OVER:
            self._writer.transport.abort()
        elif self.body is not None:
            if self.body.is_late(now_s):
                setting = "Limits(body_timeout_s=..., min_bytes_per_s=...)"
                self._refuse_body(Refusal(408, "the body did not come in time", setting=setting))
        elif self.backlog.data:
            setting = "Limits(head_timeout_s=...)"
            self.refuse(Refusal(408, "the request did not come in time", setting=setting), self.backlog.data)
        else:
            self.close()

    # The end.

    def lose(self) -> None:
        """Take note that the connection is lost."""
        super().lose()
        self._heads.close()

    def end_input(self, *, can_answer: bool) -> bool:
        """Take note that the client has closed its end; tell whether something is still to be answered."""
        self.is_last = self.closes_when_idle = self.has_input_ended = True
        exchange = self._exchange
        exchange.tell_gone()
        if can_answer:
            self._end_body()
        elif self.body is not None and self.state is not STREAMED_BODY:
            exchange.give_up()
        if self.body is None and self.backlog.data and self.state in (HEAD, PROXY_HEADER) and self._writer.can_write:
            self._await_head()
        return exchange.request is not None or len(self.backlog.data) > 0


def _gathered_bytes(state: State, beginning: bytearray, body: IncomingBody | None) -> int:
    """Return how many bytes of a slow client can make a difference: it need not be read from before they have come."""
    if state is HEAD and beginning:
        return bytes_to_head_end(beginning)
    if body is not None and state in (BODY, DISCARDED_BODY):  # nobody waits for a part
        return bytes_to_body_end(body.missing_bytes())
    return 1
