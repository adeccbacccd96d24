"""The messages of one request to an ASGI application, and of its answer.

Rule that must hold: an answer ends with its last body message. Then the connection goes on, and with it the time limit,
the metrics and the access log; what the application does after that is its own, and belongs to the worker alone.
"""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

from api_hour.http.asgi.types import Message
from api_hour.http.exchange.answers import log_failure, raise_if_destroyed
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.failure_answers import failed_response, http_error_response, late_response
from api_hour.http.message.errors import NOT_WHOLE, ClientGone, Refusal
from api_hour.http.message.request import Request
from api_hour.process.forking import ends_child

LOG = logging.getLogger("api_hour.http")

_NOTHING_MORE: Message = {"status": 204}  # what follows an interim answer that has no other


class HttpMessages:
    """One request and its answer, as the application receives and sends them.

    Args:
        exchange: the request's.
        request: the request.
    """

    __slots__ = (
        "_disconnected", "_exchange", "_is_body_given", "_is_cut_short", "_is_over", "_is_refused", "_request",
        "_start", "_stream", "_waiter", "_was_client_gone",
    )  # fmt: skip

    def __init__(self, exchange: Exchange, request: Request) -> None:
        self._exchange = exchange
        self._request = request
        self._start: Message | None = None  # the head, until it is known whether the body comes at once
        self._stream: Stream | None = None  # an answer in pieces
        self._is_body_given = False
        self._disconnected = False
        self._is_refused = False
        self._is_cut_short = False  # the client closed its end before the end of the body, but may read
        self._is_over = False  # the answer has ended: the connection has other things to do
        self._was_client_gone = False  # before that
        self._waiter: asyncio.Future[None] | None = None

    async def receive(self) -> Message:
        """Return the next part of the body, and after the last one wait for the client's or the answer's end."""
        if not self._is_body_given and not self._disconnected:
            incoming = self._request.incoming
            if incoming is None:
                self._is_body_given = True
                return {"type": "http.request", "body": b"", "more_body": False}
            try:
                body = await incoming.read()
            except ClientGone:
                self._disconnected = self._is_cut_short = True
            except Refusal as refusal:
                self._refuse(refusal)
            else:
                self._is_body_given = incoming.is_read
                return {"type": "http.request", "body": body, "more_body": not self._is_body_given}
        await self._wait_disconnected()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send a part of the answer, and wait until the client has read enough.

        Raises:
            ClientGone: there is more to come, and the client has closed the exchange.
            RuntimeError: it is not the turn of this message.
        """
        kind = message["type"]
        exchange = self._exchange
        if self._is_over or self._is_refused:
            raise self._late_message(kind)
        if kind == "http.response.start" and (self._start is None or self._start is _NOTHING_MORE):
            self._start = message
            if message["status"] < 200:
                self._send_interim(message)
        elif kind != "http.response.body" or self._start is None:
            raise RuntimeError(f"expected {self._expected()}, got {kind!r}")
        elif message.get("more_body", False):
            if not exchange.has_begun_answer:
                self._begin_stream(message)
            elif body := message.get("body", b""):
                exchange.write_piece(body)
            elif exchange.is_lost:
                raise ClientGone("the client closed the connection")
            if not exchange.can_write:
                await exchange.drain()
        else:
            self._send_last(message)

    def fail(self, error: BaseException) -> None:
        """Answer with an error, after the application has raised one; cut an answer that has begun."""
        exchange, request = self._exchange, self._request
        raise_if_destroyed(exchange, error)
        if ends_child(error, exchange.loop):
            return
        if self._is_over:  # nobody waits for it, and only the worker may have cancelled it
            is_client_gone = self._was_client_gone or isinstance(error, asyncio.CancelledError)
            log_failure(request, error, is_client_gone=is_client_gone, after="after its answer")
        elif exchange.is_timed_out:
            LOG.warning("%s %r was not answered in time", request.method, request.path)
            exchange.fail(request, late_response())
        else:
            if not self._is_refused:  # else that is why it fails
                is_client_gone = exchange.is_client_gone or exchange.is_lost
                log_failure(request, error, is_client_gone=is_client_gone)
            if not exchange.has_ended_answer:
                self._answer_failure()
        self._end()

    def _answer_failure(self) -> None:
        """Say what may still be read by a client that has closed its own end only."""
        request = self._request
        response = http_error_response(request, NOT_WHOLE) if self._is_cut_short else failed_response()
        self._exchange.fail(request, response)

    def close(self) -> None:
        """Take it that the application has returned."""
        exchange = self._exchange
        if not (self._is_over or self._is_refused or exchange.has_ended_answer):
            ended = self._stream if self._stream is not None and self._stream.is_to_end else None
            if ended is not None and ended.is_of_events and not exchange.is_lost:
                exchange.end_answer()
            elif ended is not None or (exchange.is_client_gone and exchange.has_begun_answer):
                exchange.cut()  # so that nobody takes it for the whole
            elif exchange.is_client_gone:
                self._answer_failure()
            else:
                self.fail(RuntimeError("the application returned before its answer was whole"))
        self._end()

    def disconnect(self) -> None:
        """Tell the application that its client is gone, or that it is to do as if."""
        self._disconnected = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _late_message(self, kind: str) -> Exception:
        if self._disconnected or self._exchange.is_lost:
            return ClientGone("the answer is over")
        return RuntimeError(f"expected nothing after the end of the answer, got {kind!r}")

    def _expected(self) -> str:
        if self._exchange.has_begun_answer:
            return "http.response.body before the end of the answer"
        return "http.response.start and then http.response.body"

    def _send_interim(self, start: Message) -> None:
        self._exchange.send_interim(self._request, start["status"], start.get("headers", ()))
        self._start = _NOTHING_MORE

    def _send_last(self, message: MutableMapping[str, Any]) -> None:
        """Send the last part of the answer. When the client has gone there is nobody to read it, which is no error."""
        exchange = self._exchange
        if not exchange.has_begun_answer:
            assert self._start is not None
            status, fields = self._start["status"], self._start.get("headers", ())
            exchange.send_fields(self._request, status, fields, message.get("body", b""))
        elif not exchange.is_lost:
            if body := message.get("body", b""):
                exchange.write_piece(body)
            exchange.end_answer()
        self._end()
        exchange.let_go()

    def _end(self) -> None:
        """Wake what still waits; from now on the connection is not asked for anything."""
        if not self._is_over:
            self._is_over = self._disconnected = True
            if self._waiter is not None:
                self.disconnect()
            exchange = self._exchange
            self._was_client_gone = exchange.is_client_gone
            exchange.on_gone = None
            if self._stream is not None:
                exchange.on_drain = exchange.stream = None

    def _begin_stream(self, first: MutableMapping[str, Any]) -> None:
        """Send the head and the first piece, and say how the worker's end reaches what follows.

        Events end as soon as their clients can go elsewhere.
        """
        exchange, start = self._exchange, self._start
        assert start is not None
        head = exchange.begin_fields(self._request, start["status"], start.get("headers", ()))
        if body := first.get("body", b""):
            exchange.write_piece(body)
        stream = Stream(self, has_known_end=head.length_bytes is not None, is_of_events=head.is_event_stream())
        self._stream = exchange.stream = stream
        if stream.is_of_events:
            exchange.on_drain = stream.end
            if exchange.is_draining:
                stream.end()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer for the application: it cannot know what is wrong with the body."""
        self._disconnected = self._is_refused = True
        if not self._exchange.has_ended_answer:
            self._exchange.fail(self._request, http_error_response(self._request, refusal))

    async def _wait_disconnected(self) -> None:
        if self._disconnected or self._exchange.is_client_gone:
            return
        if self._waiter is None:
            self._waiter = asyncio.get_running_loop().create_future()
            self._exchange.on_gone = self.disconnect
        await asyncio.shield(self._waiter)


class Stream:
    """An answer in pieces.

    Args:
        messages: the application's.
        has_known_end: whether its length is known.
        is_of_events: whether its pieces are server-sent events, whose clients come back when it has ended.

    Attributes:
        is_to_end: whether the worker waits for it no longer.
    """

    __slots__ = ("_messages", "has_known_end", "is_of_events", "is_to_end")

    def __init__(self, messages: HttpMessages, *, has_known_end: bool, is_of_events: bool) -> None:
        self._messages = messages
        self.has_known_end = has_known_end
        self.is_of_events = is_of_events
        self.is_to_end = False

    def end(self) -> None:
        """Have it end, as if its client were gone."""
        self.is_to_end = True
        self._messages.disconnect()
