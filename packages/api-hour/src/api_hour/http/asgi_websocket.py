"""The WebSockets of an ASGI application."""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from api_hour.http.errors import HttpError
from api_hour.http.lifespan import Application, Message
from api_hour.http.protocol import HttpProtocol
from api_hour.http.request import Request
from api_hour.http.response import Response

if TYPE_CHECKING:
    from api_hour.http.websocket import WebSocket

LOG = logging.getLogger("api_hour.http")

EXTENSIONS: dict[str, dict[str, Any]] = {"websocket.http.response": {}}
_INTERNAL_ERROR = 1011
_NO_PACKAGE = "WebSockets need the package websockets; install api-hour[websocket]\n"


async def answer_websocket(
    app: Application, http_scope: dict[str, Any], connection: HttpProtocol, request: Request
) -> None:
    """Let the application answer a handshake and the messages after it.

    Args:
        app: the application.
        http_scope: the scope of the handshake.
        connection: the connection.
        request: the handshake.
    """
    try:
        from api_hour.http.websocket import WebSocket  # noqa: PLC0415  # the package is optional
    except ImportError:
        connection.fail(request, Response(_NO_PACKAGE, status=501))
        return
    try:
        websocket = WebSocket(connection, request)
    except HttpError as error:
        connection.fail(request, Response(f"{error}\n", status=error.status, headers=error.headers))
        return
    talk = _Talk(connection, request, websocket)
    try:
        await app(_scope(http_scope, websocket), talk.receive, talk.send)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # it is logged, once
        await talk.fail(error)
    else:
        await talk.end()
    finally:
        connection.on_gone = connection.on_drain = None


def _scope(http_scope: dict[str, Any], websocket: "WebSocket") -> dict[str, Any]:
    scope = {
        **http_scope,
        "type": "websocket",
        "scheme": "wss" if http_scope["scheme"] == "https" else "ws",
        "subprotocols": websocket.subprotocols,
        "extensions": EXTENSIONS,
    }
    del scope["method"]
    return scope


class _Talk:
    """One WebSocket, as the application receives and sends it."""

    def __init__(self, connection: HttpProtocol, request: Request, websocket: "WebSocket") -> None:
        self._connection = connection
        self._request = request
        self._websocket = websocket
        self._is_connecting = False  # the application knows of the handshake
        self._is_accepted = False
        self._decided = asyncio.Event()  # the handshake was accepted or refused, or the client has gone
        connection.on_gone = self._decided.set
        self._refusal: tuple[int, list[tuple[str, str]], list[bytes]] | None = None

    async def receive(self) -> Message:
        """Return the next event."""
        if not self._is_connecting:
            self._is_connecting = True
            return {"type": "websocket.connect"}
        if not self._is_accepted:
            await self._decided.wait()
        if not self._is_accepted:
            return {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        try:
            message = await self._websocket.receive()
        except ConnectionError:
            closed = self._websocket.closed
            assert closed is not None
            return {"type": "websocket.disconnect", "code": closed.code, "reason": closed.reason}
        if isinstance(message, str):
            return {"type": "websocket.receive", "text": message}
        return {"type": "websocket.receive", "bytes": message}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send an event.

        Raises:
            WebSocketClosed: the WebSocket is closed.
            RuntimeError: it is not the turn of this event.
        """
        kind = message["type"]
        if self._is_accepted and kind == "websocket.send":
            text = message.get("text")
            await self._websocket.send(message["bytes"] if text is None else text)
        elif self._is_accepted and kind == "websocket.close":
            self._websocket.begin_close(message.get("code", 1000), message.get("reason") or "")
        elif not self._is_accepted and not self._connection.has_begun_answer:
            self._answer(kind, message)
        else:
            raise RuntimeError(f"it is not the turn of {kind!r}")

    def _answer(self, kind: str, message: MutableMapping[str, Any]) -> None:
        """Accept or refuse the handshake."""
        if kind == "websocket.accept" and self._refusal is None:
            self._websocket.accept(message.get("subprotocol"), list(message.get("headers", ())))
            self._is_accepted = True
            self._decided.set()
        elif kind == "websocket.close" and self._refusal is None:
            self._decided.set()
            self._connection.fail(self._request, Response("the application refuses this WebSocket\n", status=403))
        elif kind == "websocket.http.response.start" and self._refusal is None:
            headers = [
                (bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in message["headers"]
            ]
            own = ("content-length", "connection", "transfer-encoding", "date")
            self._refusal = (message["status"], [pair for pair in headers if pair[0].lower() not in own], [])
        elif kind == "websocket.http.response.body" and self._refusal is not None:
            status, refusal_headers, parts = self._refusal
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                response = Response(b"".join(parts), status=status, headers=refusal_headers, content_type=None)
                self._decided.set()
                self._connection.fail(self._request, response)
        else:
            raise RuntimeError(f"expected the handshake to be accepted or refused, got {kind!r}")

    async def fail(self, error: BaseException) -> None:
        """Close with the code of an internal error, after the application has raised one."""
        if self._websocket.closed is None and not self._connection.is_lost:
            LOG.error("WebSocket %r failed", self._request.path, exc_info=error)
        if self._is_accepted:
            await self._websocket.close(_INTERNAL_ERROR)
        elif not self._connection.has_ended_answer:
            self._connection.fail(self._request, Response("the server failed to answer\n", status=500))

    async def end(self) -> None:
        """Close after the application has returned."""
        if self._is_accepted:
            await self._websocket.close()
        elif not self._connection.has_ended_answer:
            await self.fail(RuntimeError("the application returned before it accepted or refused the handshake"))
