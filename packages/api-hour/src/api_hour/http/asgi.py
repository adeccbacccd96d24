"""ASGI 3 applications on the HTTP engine: `AsgiServer(app)` is a handler that `Container.make_servers` may return.

The specification is https://asgi.readthedocs.io/en/latest/specs/www.html, version 2.5. An answer without
Content-Length whose body comes at once gets one. Date, Connection and Transfer-Encoding are the server's: what the
application says of Transfer-Encoding is dropped, and of Connection only `close` is heard.
"""

import asyncio
import logging
import re
from collections.abc import MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from api_hour.config.http_options import HttpOptions
from api_hour.http.asgi_websocket import answer_websocket
from api_hour.http.errors import ClientGone, Refusal
from api_hour.http.lifespan import Application, Lifespan, Message
from api_hour.http.limits import Limits
from api_hour.http.protocol import HttpProtocol
from api_hour.http.proxy import Proxy
from api_hour.http.request import Request
from api_hour.http.response import Response, connection_line
from api_hour.http.server import Server

LOG = logging.getLogger("api_hour.http")

ASGI = {"version": "3.0", "spec_version": "2.5"}

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_HEADER_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_VALUE = re.compile(rb"[\r\n\0]")
_DIGITS = re.compile(rb"[0-9]+")


class AsgiServer(Server):
    """A protocol factory that answers HTTP and WebSockets with an ASGI application.

    Args:
        app: the application.
        container: its worker's `stats` count what is answered.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.
    """

    def __init__(
        self, app: Application, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None
    ) -> None:
        super().__init__(container=container, limits=limits, proxy=proxy)
        self._app = app
        self._lifespan = Lifespan(app, HttpOptions.of_container(container))

    async def startup(self) -> None:
        """Start the application, before the first connection.

        Raises:
            StartError: the application says that it cannot; the message is its own.
            RuntimeError: the application raised; the cause is what.
        """
        await self._lifespan.startup()

    async def shutdown(self) -> None:
        """End the application, after the last connection.

        Raises:
            RuntimeError: the application says that it failed, or raised, or took too long.
        """
        await self._lifespan.shutdown()

    def streams_body(self, _request: Request) -> bool:
        """Say that an application always reads the body itself."""
        return True

    def begin(self, connection: HttpProtocol, request: Request) -> "asyncio.Task[None] | None":
        """Begin to answer a request with what the application sends."""
        return self.first_step.start(self._respond(connection, request))

    async def _respond(self, connection: HttpProtocol, request: Request) -> None:
        scope = self._scope(connection, request)
        if request.upgrade is not None and request.upgrade.lower() == b"websocket":
            await answer_websocket(self._app, scope, connection, request)
            return
        exchange = _Exchange(connection, request)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # it is logged, once
            exchange.fail(error)
        else:
            if not connection.has_ended_answer:
                exchange.fail(RuntimeError("the application returned before its answer was whole"))
        finally:
            exchange.close()

    def _scope(self, connection: HttpProtocol, request: Request) -> dict[str, Any]:
        raw_path, _, query_string = request.target.partition(b"?")
        path = raw_path.decode("ascii")
        client, server, scheme = connection.ends_of(request)
        return {
            "type": "http",
            "asgi": ASGI,
            "http_version": "1.0" if request.is_http_1_0 else "1.1",
            "method": request.method,
            "scheme": scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query_string,
            "root_path": "",
            "headers": request.raw_headers,
            "client": client,
            "server": server,
            "state": self._lifespan.state.copy(),
        }


class _Exchange:
    """One request and its answer, as the application receives and sends them."""

    __slots__ = ("_connection", "_disconnected", "_is_body_given", "_is_refused", "_request", "_start", "_waiter")

    def __init__(self, connection: HttpProtocol, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._start: Message | None = None  # the head, until it is known whether the body comes at once
        self._is_body_given = False
        self._disconnected = False
        self._is_refused = False
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
                self._disconnected = True
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
            ClientGone: the client has closed the connection.
            RuntimeError: it is not the turn of this message.
        """
        kind = message["type"]
        connection = self._connection
        if kind == "http.response.body" and connection.has_begun_answer and not connection.has_ended_answer:
            await connection.send_piece(message.get("body", b""))
            if not message.get("more_body", False):
                connection.end_answer()
                self._disconnect()
        elif connection.has_begun_answer:
            if connection.is_lost or self._disconnected:
                raise ClientGone("the answer is over")
            raise RuntimeError(f"expected http.response.body before the end of the answer, got {kind!r}")
        elif kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None:
            self._begin_answer(self._start, message)
            if not connection.can_write:
                await connection.drain()
        else:
            raise RuntimeError(f"expected http.response.start and then http.response.body, got {kind!r}")

    def fail(self, error: BaseException) -> None:
        """Answer with an error, after the application has raised one; cut an answer that has begun."""
        connection, request = self._connection, self._request
        if connection.is_timed_out:
            LOG.warning("%s %r was not answered in time", request.method, request.path)
            connection.fail(request, Response("the answer took too long\n", status=503))
            return
        if not (self._is_refused or connection.is_client_gone or connection.is_lost):  # else that is why it fails
            LOG.error("%s %r failed", request.method, request.path, exc_info=error)
        if not connection.has_ended_answer:
            connection.fail(request, Response("the server failed to answer\n", status=500))

    def close(self) -> None:
        """Wake what still waits."""
        if self._waiter is not None:
            self._disconnect()
            self._connection.on_gone = None

    def _begin_answer(self, start: Message, first: MutableMapping[str, Any]) -> None:
        """Send the head, and the body with it if that is whole."""
        connection, request = self._connection, self._request
        body = first.get("body", b"")
        is_whole = not first.get("more_body", False)
        head = _Head(start, len(body) if is_whole else None, request)
        keep_alive = connection.keeps_alive(request) and not head.closes
        if head.length_bytes is None and not head.is_chunked and head.has_body:
            keep_alive = False
        data = head.encode(self._connection.date, request, keep_alive=keep_alive)
        if is_whole and (not head.has_body or head.length_bytes == len(body)):
            connection.send_bytes(data + body if head.has_body else data, keep_alive=keep_alive)
            self._disconnect()
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
            self._connection.on_gone = self._disconnect
        await asyncio.shield(self._waiter)

    def _disconnect(self) -> None:
        self._disconnected = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Head:
    """The head of an answer, checked and completed."""

    __slots__ = ("_lines", "_status", "closes", "has_body", "has_date", "is_chunked", "length_bytes")

    def __init__(self, start: Message, whole_bytes: int | None, request: Request) -> None:
        self._status = status = start["status"]
        if not 200 <= status <= 599:
            raise ValueError(f"response status: expected 200 to 599, got {status!r}")
        self.has_body = request.method != "HEAD" and status not in (204, 304)
        self.length_bytes: int | None = None
        self.closes = self.has_date = False
        self._lines: list[bytes] = []
        for name, value in start.get("headers", ()):
            line, field = _line(name, value)
            if field:
                self._note(field, value)
            self._lines.append(line)
        self.is_chunked = False
        if status not in (204, 304) and self.length_bytes is None:
            self._say_length(whole_bytes, request)

    def _say_length(self, whole_bytes: int | None, request: Request) -> None:
        """Say where the body ends; of an answer to HEAD without a body that is not known."""
        if whole_bytes or (whole_bytes == 0 and request.method != "HEAD"):
            self.length_bytes = whole_bytes
            self._lines.append(b"content-length: %d\r\n" % whole_bytes)
        elif whole_bytes is None and not request.is_http_1_0:
            self.is_chunked = True
            self._lines.append(b"transfer-encoding: chunked\r\n")

    def _note(self, field: bytes, value: bytes) -> None:
        if field == b"content-length":
            if not _DIGITS.fullmatch(value):
                raise ValueError(f"response header: expected a length in bytes as Content-Length, got {value!r}")
            if self.length_bytes is not None:
                raise ValueError("response header: expected one Content-Length, got two")
            self.length_bytes = int(value)
            if self._status == 204:  # RFC 9110, 8.6
                raise ValueError("response header: an answer with status 204 has no Content-Length")
        elif field == b"connection":
            self.closes = self.closes or b"close" in value.lower()
        elif field == b"date":
            self.has_date = True

    def encode(self, date: bytes, request: Request, *, keep_alive: bool) -> bytes:
        """Return the bytes of the head."""
        status_line = _STATUS_LINES.get(self._status) or b"HTTP/1.1 %d \r\n" % self._status
        end = b"\r\n"
        if not keep_alive or request.is_http_1_0:
            end = connection_line(keep_alive=keep_alive, is_http_1_0=request.is_http_1_0) + end
        return b"".join((status_line, b"" if self.has_date else date, *self._lines, end))


@lru_cache(maxsize=1024)
def _line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return the line of a header, and its name if the server must know of it."""
    if not _HEADER_NAME.fullmatch(name) or _NOT_IN_VALUE.search(value):
        raise ValueError(f"response header: expected a name and a value of one line, got {name!r}: {value!r}")
    lower = name.lower()
    if lower in (b"connection", b"transfer-encoding"):
        return b"", lower
    return b"%b: %b\r\n" % (name, value), lower if lower in (b"content-length", b"date") else b""
