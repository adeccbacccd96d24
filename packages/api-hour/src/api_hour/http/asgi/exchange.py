"""One request to an ASGI application, and its answer.

Rule that must hold: an answer ends with its last body message. Then the connection goes on, and with it the time limit,
the metrics and the access log; what the application does after that is its own, and belongs to the worker alone.
"""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

from api_hour.forking import ends_child
from api_hour.http.asgi.head import Head
from api_hour.http.asgi.lifespan import Message
from api_hour.http.exchange.answers import log_failure, raise_if_destroyed
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import NOT_WHOLE, ClientGone, Refusal
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.routing.layers import http_error_response

LOG = logging.getLogger("api_hour.http")

_NOTHING_MORE: Message = {"status": 204}  # what follows an interim answer that has no other


class Exchange:
    """One request and its answer, as the application receives and sends them."""

    __slots__ = (
        "_connection", "_disconnected", "_is_body_given", "_is_cut_short", "_is_over", "_is_refused", "_request",
        "_start", "_stream", "_waiter", "_was_client_gone",
    )  # fmt: skip

    def __init__(self, connection: HttpProtocol, request: Request) -> None:
        self._connection = connection
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
            ClientGone: there is more to come, and the client has closed the connection.
            RuntimeError: it is not the turn of this message.
        """
        kind = message["type"]
        connection = self._connection
        if self._is_over or self._is_refused:
            raise self._late_message(kind)
        if kind == "http.response.start" and (self._start is None or self._start is _NOTHING_MORE):
            self._start = message
            if message["status"] < 200:
                self._send_interim(message)
        elif kind != "http.response.body" or self._start is None:
            raise RuntimeError(f"expected {self._expected()}, got {kind!r}")
        elif message.get("more_body", False):
            if not connection.has_begun_answer:
                self._begin_answer(message, is_whole=False)
            elif body := message.get("body", b""):
                connection.write_piece(body)
            elif connection.is_lost:
                raise ClientGone("the client closed the connection")
            if not connection.can_write:
                await connection.drain()
        else:
            self._send_last(message)

    def fail(self, error: BaseException) -> None:
        """Answer with an error, after the application has raised one; cut an answer that has begun."""
        connection, request = self._connection, self._request
        raise_if_destroyed(connection, error)
        if ends_child(error, connection.loop):
            return
        if self._is_over:  # nobody waits for it, and only the worker may have cancelled it
            is_client_gone = self._was_client_gone or isinstance(error, asyncio.CancelledError)
            log_failure(request, error, is_client_gone=is_client_gone, after="after its answer")
        elif connection.is_timed_out:
            LOG.warning("%s %r was not answered in time", request.method, request.path)
            connection.fail(request, Response("the answer took too long\n", status=503))
        else:
            if not self._is_refused:  # else that is why it fails
                is_client_gone = connection.is_client_gone or connection.is_lost
                log_failure(request, error, is_client_gone=is_client_gone)
            if not connection.has_ended_answer:
                self._answer_failure()
        self._end()

    def _answer_failure(self) -> None:
        """Say what may still be read by a client that has closed its own end only."""
        response = Response("the server failed to answer\n", status=500)
        if self._is_cut_short:
            response = http_error_response(self._request, NOT_WHOLE)
        self._connection.fail(self._request, response)

    def close(self) -> None:
        """Take it that the application has returned."""
        connection = self._connection
        if not (self._is_over or self._is_refused or connection.has_ended_answer):
            ended = self._stream if self._stream is not None and self._stream.is_to_end else None
            if ended is not None and ended.is_of_events and not connection.is_lost:
                connection.end_answer()
            elif ended is not None or (connection.is_client_gone and connection.has_begun_answer):
                connection.abort_connection()  # so that nobody takes it for the whole
            elif connection.is_client_gone:
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
        if self._disconnected or self._connection.is_lost:
            return ClientGone("the answer is over")
        return RuntimeError(f"expected nothing after the end of the answer, got {kind!r}")

    def _expected(self) -> str:
        if self._connection.has_begun_answer:
            return "http.response.body before the end of the answer"
        return "http.response.start and then http.response.body"

    def _send_interim(self, start: Message) -> None:
        head = Head(start, None, self._request)
        self._start = _NOTHING_MORE
        if start["status"] != 101 and not self._request.is_http_1_0:
            self._connection.send_interim(head.encode_interim())

    def _send_last(self, message: MutableMapping[str, Any]) -> None:
        """Send the last part of the answer. When the client has gone there is nobody to read it, which is no error."""
        connection = self._connection
        if not connection.has_begun_answer:
            self._begin_answer(message, is_whole=True)
        elif not connection.is_lost:
            if body := message.get("body", b""):
                connection.write_piece(body)
            connection.end_answer()
        self._end()
        connection.let_go()

    def _end(self) -> None:
        """Wake what still waits; from now on the connection is not asked for anything."""
        if not self._is_over:
            self._is_over = self._disconnected = True
            if self._waiter is not None:
                self.disconnect()
            connection = self._connection
            self._was_client_gone = connection.is_client_gone
            connection.on_gone = None
            if self._stream is not None:
                connection.on_drain = connection.stream = None

    def _begin_answer(self, first: MutableMapping[str, Any], *, is_whole: bool) -> None:
        """Send the head, and the body with it if that is whole."""
        connection, request = self._connection, self._request
        assert self._start is not None
        body = first.get("body", b"")
        head = Head(self._start, len(body) if is_whole else None, request)
        keep_alive = connection.keeps_alive(request) and not head.closes
        if head.length_bytes is None and not head.is_chunked and head.has_body:
            keep_alive = False
        data = head.encode(connection.date, request, keep_alive=keep_alive)
        if is_whole and (not head.has_body or head.length_bytes == len(body)):
            connection.send_bytes(data + body if head.has_body else data, keep_alive=keep_alive)
            return
        if is_whole and head.length_bytes is not None:
            raise ValueError(f"response body: it has {len(body)} bytes, its head says {head.length_bytes}")
        connection.begin_answer(
            data,
            length_bytes=head.length_bytes if head.has_body else None,
            is_chunked=head.is_chunked,
            keep_alive=keep_alive,
            has_body=head.has_body,
        )
        if body:
            connection.write_piece(body)
        if is_whole:
            connection.end_answer()
        else:
            self._begin_stream(head)

    def _begin_stream(self, head: Head) -> None:
        """Say how the worker's end reaches an answer in pieces: events, as soon as its clients can go elsewhere."""
        connection = self._connection
        stream = Stream(self, has_known_end=head.length_bytes is not None, is_of_events=head.is_event_stream())
        self._stream = connection.stream = stream
        if stream.is_of_events:
            connection.on_drain = stream.end
            if connection.is_draining:
                stream.end()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer for the application: it cannot know what is wrong with the body."""
        self._disconnected = self._is_refused = True
        if not self._connection.has_ended_answer:
            response = Response(f"{refusal}\n", status=refusal.status, headers=refusal.headers)
            self._request.keep_alive = False
            self._connection.fail(self._request, response)

    async def _wait_disconnected(self) -> None:
        if self._disconnected or self._connection.is_client_gone:
            return
        if self._waiter is None:
            self._waiter = asyncio.get_running_loop().create_future()
            self._connection.on_gone = self.disconnect
        await asyncio.shield(self._waiter)


class Stream:
    """An answer in pieces.

    Args:
        exchange: whose.
        has_known_end: whether its length is known.
        is_of_events: whether its pieces are server-sent events, whose clients come back when it has ended.

    Attributes:
        is_to_end: whether the worker waits for it no longer.
    """

    __slots__ = ("_exchange", "has_known_end", "is_of_events", "is_to_end")

    def __init__(self, exchange: Exchange, *, has_known_end: bool, is_of_events: bool) -> None:
        self._exchange = exchange
        self.has_known_end = has_known_end
        self.is_of_events = is_of_events
        self.is_to_end = False

    def end(self) -> None:
        """Have it end, as if its client were gone."""
        self.is_to_end = True
        self._exchange.disconnect()
