"""The receiving side of a connection of HTTP/1.1: what came, how it is refused, and how the connection ends.

Rule that must hold: an answer on its way is not destroyed by the end of its connection (RFC 9112, 9.6).
"""

from api_hour.http.exchange.request_log import RequestLog
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.exchange.upgrade import Successor
from api_hour.http.h1.backlog import Backlog
from api_hour.http.h1.deadline import Deadline
from api_hour.http.h1.exchange import H1Exchange
from api_hour.http.h1.incoming_body import IncomingBody
from api_hour.http.h1.reader_state import BODY, DISCARDED_BODY, OVER, State
from api_hour.http.h1.refusals import encode_refusal, log_refusal
from api_hour.http.message.errors import NOT_WHOLE, Refusal
from api_hour.http.transport.reading import EVERYTHING, Reading
from api_hour.http.transport.writer import Writer

LINGER_S = 2.0  # how long the last answer may take to be read before the connection is closed


class ReceivingSide:
    """The input of one connection, until it ends.

    Args:
        server: what the connections of the server share.
        exchange: has requests answered.
        writer: sends.
        log: is told of what is refused; None when nobody wants to know.
        state: the first one.

    Attributes:
        state: what is done with what comes.
        backlog: what came and waits.
        body: that has not ended.
        successor: what takes over after a change of protocol; None without one.
        deadline: for what is to come.
        is_last: whether the connection is closed after what has come.
        closes_when_idle: whether it is closed as soon as nothing more has come.
        has_input_ended: whether the client has closed its end.
    """

    __slots__ = (
        "_exchange", "_log", "_reading", "_server", "_writer", "backlog", "body", "closes_when_idle", "deadline",
        "has_input_ended", "is_last", "state", "successor",
    )  # fmt: skip

    def __init__(
        self, server: ServerState, exchange: H1Exchange, writer: Writer, log: RequestLog | None, state: State
    ) -> None:
        self._server = server
        self._exchange = exchange
        self._writer = writer
        self._log = log
        self._reading = Reading(writer.transport)
        self.state = state
        self.backlog = Backlog(self._reading)
        self.body: IncomingBody | None = None
        self.successor: Successor | None = None
        self.deadline = Deadline(server)
        self.is_last = False
        self.closes_when_idle = False
        self.has_input_ended = False

    # What cannot be answered.

    def refuse(self, refusal: Refusal, beginning: bytes | bytearray) -> None:
        """Answer with an error, and take nothing more (RFC 9112, 9.6).

        Args:
            refusal: what is wrong.
            beginning: of the request.
        """
        server, request = self._server, self._exchange.request
        log_refusal(refusal, request, server, self._exchange.ends)
        if server.stats is not None:
            server.stats.begin()
            server.stats.end(0.0)
        answer, content_bytes = encode_refusal(refusal, beginning, date=server.heads.date)
        self._writer.send_now(answer)
        self.close(linger=True)
        if self._log is not None:
            self._log.refuse(refusal, request, body_bytes=content_bytes)

    def _refuse_body(self, refusal: Refusal) -> None:
        """Refuse the rest of a body: by the handler that reads it, or here."""
        exchange = self._exchange
        request = exchange.request
        if request is None:  # it was answered before
            self.close(linger=True)
        elif self.body is not None and self.body.is_streamed:
            log_refusal(refusal, request, self._server, exchange.ends)
            self.state = OVER
            self.is_last = True
            self.backlog.clear()
            self.body.fail(refusal)
        else:
            self.refuse(refusal, request.method.encode("ascii") + b" ")
            exchange.forget()

    def _end_body(self) -> None:
        """Take note that the rest of a body will not come; a handler that reads it has been told."""
        if self.state in (BODY, DISCARDED_BODY):
            self._refuse_body(NOT_WHOLE)

    # The end.

    def close(self, *, linger: bool = False) -> None:
        """Close the connection when all is sent.

        Args:
            linger: only our end at first. What the client still sends is read and thrown away for a while, because the
                reset that it would meet can destroy the answer on its way (RFC 9112, 9.6).
        """
        writer = self._writer
        transport = writer.transport
        self.state = OVER
        self.body = None
        self.backlog.data.clear()
        writer.send_outgoing()
        writer.watch_reader(self._server.now_s)
        if linger and not self.has_input_ended and not transport.is_closing() and transport.can_write_eof():
            self._reading.let_go(EVERYTHING)
            transport.write_eof()
            self.deadline.set(LINGER_S)
        else:
            self.deadline.at_s = 0.0
            transport.close()

    def cut(self) -> None:
        """End the connection at once."""
        self.state = OVER
        self._writer.cut()

    def lose(self) -> None:
        """Take note that the connection is lost."""
        self.state = OVER
        self.body = None
        self.deadline.at_s = 0.0
        self.backlog.data.clear()
        del self._exchange  # which refers to this object
