"""HTTP/1.1 on one connection: bytes in, handlers run in order, bytes out (RFC 9112).

Rules that must hold:

1. Responses leave in the order of their requests, whatever order the handlers would finish in.
2. What cannot be understood beyond doubt is answered with an error and the connection is closed.
3. A client that neither sends nor reads is cut at a deadline; nothing is buffered without a limit.

Parsing is llhttp's, in its strict mode, by httptools.
"""

import asyncio
import logging
import re
from collections import deque
from dataclasses import dataclass
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus
from typing import Any, NoReturn, cast
from weakref import WeakSet

import httptools

from api_hour.engines import EngineUnavailable
from api_hour.http.errors import HttpError
from api_hour.http.request import Request
from api_hour.http.response import Response, encode_response, to_response
from api_hour.http.router import Router

LOG = logging.getLogger("api_hour.http")

_ORIGIN = re.compile(rb"[^:/?]+://[^/?]*")

CLOCK_INTERVAL_S = 0.5  # how often deadlines are looked at and the Date header is made
REQUEST_LINE_REST_BYTES = 64  # of a request line without its target: method, version, spaces, line end
PIPELINE_LIMIT = 16  # requests that wait on one connection before it is not read from
LINGER_S = 2.0  # how long an error answer may take to be read before the connection is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may ask for. Sizes in bytes, times in seconds."""

    target_bytes: int = 8192
    head_bytes: int = 65536
    body_bytes: int = 1024 * 1024
    request_timeout_s: float = 30.0  # from the first byte of a request (or the connection's start) to its last
    keep_alive_timeout_s: float = 75.0  # between requests
    write_timeout_s: float = 60.0  # for a client that does not read its answer


class HttpServer:
    """A protocol factory that answers HTTP with the handlers of a router.

    Args:
        router: the routes.
        container: given to handlers as `request.container`.
        limits: what a client may ask for.
    """

    def __init__(self, router: Router, *, container: Any = None, limits: Limits | None = None) -> None:
        self.router = router
        self.container = container
        self.limits = limits or Limits()
        self.connections: WeakSet[HttpProtocol] = WeakSet()
        self.now_s = 0.0  # the loop's time, read each CLOCK_INTERVAL_S
        self.date = b""
        self._clock: asyncio.TimerHandle | None = None

    def __call__(self) -> "HttpProtocol":
        """Make the protocol of one connection."""
        if self._clock is None:
            self._tick(asyncio.get_running_loop())
        protocol = HttpProtocol(self)
        self.connections.add(protocol)
        return protocol

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read the clock and cut the connections past their deadline; rest when there is none."""
        self.now_s = loop.time()
        self.date = f"Date: {formatdate(usegmt=True)}\r\n".encode("ascii")
        for protocol in [*self.connections]:
            protocol.check_deadline(self.now_s)
        has_work = self._clock is None or len(self.connections) > 0
        self._clock = loop.call_later(CLOCK_INTERVAL_S, self._tick, loop) if has_work else None


class _Refusal(Exception):
    """Raised inside a parser callback: the request is answered with this status and the connection closed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Reading(Enum):
    """What is expected from the client next."""

    NOTHING_YET = "the first byte of a request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    NO_MORE = "nothing: what comes is thrown away"


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    __slots__ = (
        "__weakref__", "_body", "_body_bytes", "_can_write", "_deadline_at_s", "_head_bytes", "_headers", "_is_last",
        "_is_paused", "_loop", "_parser", "_queue", "_reading", "_request", "_server", "_target", "_task", "_transport",
        "_unfinished_bytes",
    )  # fmt: skip

    _transport: asyncio.Transport
    _request: Request
    _headers: list[tuple[bytes, bytes]]

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[Request | _Refusal] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_last = False  # the connection is closed after what is received and queued
        self._is_paused = False
        self._can_write = True
        self._deadline_at_s = 0.0  # 0 for none
        self._expect_message()

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the first request's deadline."""
        self._transport = cast("asyncio.Transport", transport)
        self._set_deadline(self._server.limits.request_timeout_s)

    def connection_lost(self, _error: Exception | None) -> None:
        """Take nothing more; a handler that runs may finish, its answer has nowhere to go."""
        self._reading = _Reading.NO_MORE
        self._deadline_at_s = 0.0
        self._queue.clear()
        self._server.connections.discard(self)
        del self._parser  # it refers to this protocol: the two would wait for the garbage collector

    def data_received(self, data: bytes) -> None:
        """Parse what came; requests that are whole are queued, and the first is begun."""
        if self._reading is _Reading.NO_MORE:
            return
        self._unfinished_bytes += len(data)
        try:
            self._parser.feed_data(data)
            self._check_unfinished()
        except httptools.HttpParserUpgrade:
            self._ignore_upgrade()
        except (httptools.HttpParserError, _Refusal) as error:
            self._refuse(_refusal_for(error, data))
        self._begin_next()

    def eof_received(self) -> bool:
        """Keep a half-closed connection open while answers are still to be sent."""
        self._is_last, self._reading = True, _Reading.NO_MORE
        return self._is_busy()

    def pause_writing(self) -> None:
        """Begin nothing more for a client that does not read."""
        self._can_write = False

    def resume_writing(self) -> None:
        """Go on with the requests that waited."""
        self._can_write = True
        self._await_request()
        self._begin_next()

    # The server's and the worker's calls.

    def begin_drain(self) -> None:
        """Tell the client with the next answer that the connection ends; wait for its request until then."""
        self._is_last = True

    def begin_shutdown(self) -> None:
        """Answer what has begun with `Connection: close`; close at once when nothing has."""
        self._is_last = True
        if self._reading is _Reading.NOTHING_YET and not self._is_busy():
            self._close()

    def abort(self) -> None:
        """Stop the handler and cut the connection."""
        if self._task is not None:
            self._task.cancel()
        self._transport.abort()

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when its deadline has passed."""
        if not 0.0 < self._deadline_at_s <= now_s:
            return
        if self._transport.is_closing() or not self._can_write:
            self._transport.abort()
        elif self._reading in (_Reading.HEAD, _Reading.BODY):
            self._refuse(_Refusal(408, "the request did not come in time"))
            self._begin_next()
        else:
            self._close()

    # httptools' calls.

    def on_message_begin(self) -> None:
        """Expect a head; its deadline runs from here unless answers are still to be sent."""
        self._reading = _Reading.HEAD
        self._unfinished_bytes = 0
        if not self._is_busy():
            self._set_deadline(self._server.limits.request_timeout_s)

    def on_url(self, url: bytes) -> None:
        """Collect the target, which may come in parts."""
        self._target += url
        if len(self._target) > self._server.limits.target_bytes:
            raise _Refusal(414, f"the target is longer than {self._server.limits.target_bytes} bytes")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._headers.append((name.lower(), value))
        self._count_head(len(name) + len(value) + len(b": \r\n"))

    def on_headers_complete(self) -> None:
        """Check the head, and expect the body."""
        parser = self._parser
        version = parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise _Refusal(505, f"HTTP/{version} is not spoken here, HTTP/1.1 is")
        self._check_headers(version)
        self._reading = _Reading.BODY
        self._request = Request(
            parser.get_method().decode("ascii"),
            origin_form(self._target),
            self._headers,
            self._server.container,
            is_http_1_0=version == "1.0",
            keep_alive=parser.should_keep_alive(),
        )
        self._headers = []  # takes the trailers, which are counted and thrown away (RFC 9110, 6.5.1)

    def on_body(self, body: bytes) -> None:
        """Collect the body, which may come in parts."""
        self._body_bytes += len(body)
        self._unfinished_bytes = 0
        self._check_body_size(self._body_bytes)
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Queue the request."""
        request = self._request
        request.body = b"".join(self._body)
        self._queue.append(request)
        self._expect_message()

    # The work.

    def _expect_message(self) -> None:
        self._reading = _Reading.NOTHING_YET
        self._target = b""
        self._headers = []
        self._head_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._unfinished_bytes = 0

    def _check_headers(self, version: str) -> None:
        hosts = 0
        expects_continue = False
        for name, value in self._headers:
            if name == b"host":
                hosts += 1
            elif name == b"content-length":
                self._check_body_size(int(value))
            elif name == b"expect":
                expects_continue = value.lower() == b"100-continue"
        if hosts != 1 and (version == "1.1" or hosts):  # RFC 9112, 3.2
            raise _Refusal(400, f"expected one Host header, got {hosts}")
        if expects_continue and version == "1.1" and not self._is_busy():  # RFC 9110, 10.1.1
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_body_size(self, size_bytes: int) -> None:
        if size_bytes > self._server.limits.body_bytes:
            raise _Refusal(413, f"the body is larger than {self._server.limits.body_bytes} bytes")

    def _count_head(self, length_bytes: int) -> None:
        self._head_bytes += length_bytes
        if self._head_bytes > self._server.limits.head_bytes:
            self._refuse_head()

    def _check_unfinished(self) -> None:
        """Bound what the parser keeps of a head, a trailer or a chunk's size until it is whole.

        The limit is beyond every head that `_count_head` lets through: how the bytes are split makes no difference.
        """
        limits = self._server.limits
        if self._unfinished_bytes > limits.head_bytes + limits.target_bytes + REQUEST_LINE_REST_BYTES:
            self._refuse_head()

    def _refuse_head(self) -> NoReturn:
        raise _Refusal(431, f"the head is larger than {self._server.limits.head_bytes} bytes")

    def _ignore_upgrade(self) -> None:
        """Answer as if no upgrade was asked for. The parser does not read the body then, so there may be none."""
        self._is_last, self._reading = True, _Reading.NO_MORE
        headers = self._request.headers
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            self._queue.pop()
            self._refuse(_Refusal(501, "no upgrade is possible here; send the request without Upgrade"))

    def _is_busy(self) -> bool:
        return self._task is not None or bool(self._queue)

    def _set_deadline(self, timeout_s: float) -> None:
        self._deadline_at_s = self._server.now_s + timeout_s

    def _await_request(self) -> None:
        """Set the deadline of a connection on which nothing is being answered."""
        if not self._can_write:
            self._set_deadline(self._server.limits.write_timeout_s)
        elif self._reading is _Reading.NOTHING_YET:
            self._set_deadline(self._server.limits.keep_alive_timeout_s)
        else:
            self._set_deadline(self._server.limits.request_timeout_s)

    def _refuse(self, refusal: _Refusal) -> None:
        """Answer with an error after what is in flight, and take nothing more (RFC 9112, 9.6)."""
        LOG.debug("refused: %s %s", refusal.status, refusal)
        self._is_last, self._reading = True, _Reading.NO_MORE
        self._queue.append(refusal)

    def _begin_next(self) -> None:
        if self._task is None and self._queue and self._can_write and not self._transport.is_closing():
            self._deadline_at_s = 0.0
            next_up = self._queue.popleft()
            if isinstance(next_up, _Refusal):
                self._write_refusal(next_up)
            else:
                self._task = self._loop.create_task(self._answer(next_up))
        if self._is_paused is not (len(self._queue) > PIPELINE_LIMIT):
            self._is_paused = not self._is_paused
            self._transport.pause_reading() if self._is_paused else self._transport.resume_reading()

    async def _answer(self, request: Request) -> None:
        try:
            response = to_response(await self._server.router.find(request)(request))
        except HttpError as error:
            response = Response(f"{error}\n", status=error.status, headers=error.headers)
        except EngineUnavailable as error:  # its engine has logged why; the client is not told
            retry_after = ("Retry-After", str(error.retry_after_s))
            response = Response("try again\n", status=503, headers=[retry_after])
        except (Exception, asyncio.CancelledError):  # cancelled by the handler's own doing, or by abort()
            LOG.exception("%s %r failed", request.method, request.path)
            response = Response("the server failed to answer\n", status=500)
        self._task = None
        if not self._transport.is_closing():
            self._write(request, response)

    def _write(self, request: Request, response: Response) -> None:
        more_to_come = self._queue or self._reading in (_Reading.HEAD, _Reading.BODY)
        keep_alive = request.keep_alive and not (self._is_last and not more_to_come)
        try:
            data = encode_response(response, request, date=self._server.date, keep_alive=keep_alive)
        except (ValueError, TypeError):
            LOG.exception("%s %r gave a response that cannot be sent", request.method, request.path)
            self._write(request, Response("the server failed to answer\n", status=500))
            return
        self._transport.write(data)
        if keep_alive:
            self._await_request()
            self._begin_next()
        else:
            self._close()

    def _write_refusal(self, refusal: _Refusal) -> None:
        """Send the error and our end of the stream; what the client still sends is read and thrown away for a while.

        Closing at once would make the kernel send a reset that can destroy the answer (RFC 9112, 9.6).
        """
        response = Response(f"{HTTPStatus(refusal.status).phrase}: {refusal}\n", status=refusal.status)
        self._transport.write(encode_response(response, None, date=self._server.date, keep_alive=False))
        self._transport.write_eof()
        self._set_deadline(LINGER_S)

    def _close(self) -> None:
        self._reading = _Reading.NO_MORE
        self._queue.clear()
        self._set_deadline(self._server.limits.write_timeout_s)
        self._transport.close()


def origin_form(target: bytes) -> bytes:
    """Return the path and query of a target; the absolute form is what a proxy sends (RFC 9112, 3.2.2)."""
    if target[:1] == b"/" or not (origin := _ORIGIN.match(target)):
        return target
    rest = target[origin.end() :]
    return rest if rest[:1] == b"/" else b"/" + rest


def _refusal_for(error: Exception, data: bytes) -> _Refusal:
    cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else error
    if isinstance(cause, _Refusal):
        return cause
    if isinstance(error, httptools.HttpParserInvalidMethodError) and data.partition(b" ")[0].isalpha():
        return _Refusal(501, "this method is not known here")
    if str(error) == "Invalid HTTP version":
        return _Refusal(505, "this version of HTTP is not spoken here, HTTP/1.1 is")
    return _Refusal(400, str(error) or "the request is malformed")
