"""The messages of one WebSocket of an ASGI application."""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from api_hour.http.asgi.types import AsgiApp, Message
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.failure_answers import failed_response, http_error_response, late_response
from api_hour.http.message.errors import ClientGone, HttpError, WebSocketClosed
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.websocket.failure import close_after, is_destroyed, log_failure

if TYPE_CHECKING:
    from api_hour.http.websocket.websocket import WebSocket

LOG = logging.getLogger("api_hour.http")

EXTENSIONS: dict[str, dict[str, Any]] = {"websocket.http.response": {}}
_NO_PACKAGE = "WebSockets need the package websockets; install api-hour[websocket]\n"


async def answer_websocket(app: AsgiApp, http_scope: dict[str, Any], exchange: Exchange, request: Request) -> None:
    """Let the application answer a handshake and the messages after it.

    Args:
        app: the application.
        http_scope: the scope of the handshake.
        exchange: the request's.
        request: the handshake.
    """
    try:
        from api_hour.http.websocket.websocket import WebSocket  # noqa: PLC0415  # the package is optional
    except ImportError:
        exchange.fail(request, Response(_NO_PACKAGE, status=501))
        return
    try:
        websocket = WebSocket(exchange, request)
    except HttpError as error:
        exchange.fail(request, http_error_response(request, error))
        return
    messages = WebSocketMessages(exchange, request, websocket)
    task = asyncio.current_task()
    try:
        await app(_scope(http_scope, websocket), messages.receive, messages.send)
    except BaseException as error:
        if is_destroyed(error, task):
            raise
        await messages.fail(error)
    else:
        await messages.end()
    finally:
        exchange.on_gone = exchange.on_drain = None


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


class WebSocketMessages:
    """One WebSocket, as the application receives and sends it."""

    def __init__(self, exchange: Exchange, request: Request, websocket: "WebSocket") -> None:
        self._exchange = exchange
        self._request = request
        self._websocket = websocket
        self._is_connecting = False  # the application knows of the handshake
        self._decided = asyncio.Event()  # the handshake was accepted or refused, or the client has gone
        self._refusal: tuple[int, list[tuple[bytes, bytes]], list[bytes]] | None = None
        exchange.on_gone = self._decided.set
        if exchange.is_client_gone:
            self._decided.set()

    async def receive(self) -> Message:
        """Return the next event; after the last one that again."""
        if not self._is_connecting:
            self._is_connecting = True
            return {"type": "websocket.connect"}
        if not self._websocket.is_accepted:
            await self._decided.wait()
        if not self._websocket.is_accepted:
            return {"type": "websocket.disconnect", "code": 1006, "reason": ""}
        try:
            message = await self._websocket.receive()
        except WebSocketClosed as closed:
            return {"type": "websocket.disconnect", "code": closed.code, "reason": closed.reason}
        if isinstance(message, str):
            return {"type": "websocket.receive", "text": message}
        return {"type": "websocket.receive", "bytes": message}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Send an event.

        Raises:
            WebSocketClosed: the WebSocket is closed.
            ClientGone: the client has gone before it was accepted or refused.
            RuntimeError: it is not the turn of this event.
            ValueError: a header cannot be sent, and nothing was.
        """
        kind = message["type"]
        websocket = self._websocket
        if not websocket.is_accepted:
            if self._exchange.is_client_gone:
                raise ClientGone("the client has gone before the WebSocket was accepted or refused")
            if self._exchange.has_begun_answer:
                raise RuntimeError(f"the WebSocket is refused, it is not the turn of {kind!r}")
            self._answer(kind, message)
        elif kind not in ("websocket.send", "websocket.close"):
            raise RuntimeError(f"expected websocket.send or websocket.close, got {kind!r}")
        elif (closed := websocket.closed) is not None:
            raise WebSocketClosed(closed.code, closed.reason)
        elif kind == "websocket.close":
            websocket.begin_close(message.get("code", 1000), message.get("reason") or "")
        else:
            text = message.get("text")
            await websocket.send(message["bytes"] if text is None else text)

    def _answer(self, kind: str, message: MutableMapping[str, Any]) -> None:
        """Accept or refuse the handshake."""
        if kind == "websocket.accept" and self._refusal is None:
            self._websocket.accept(message.get("subprotocol"), list(message.get("headers", ())))
            self._decided.set()
        elif kind == "websocket.close" and self._refusal is None:
            self._decided.set()
            self._exchange.fail(self._request, Response("the application refuses this WebSocket\n", status=403))
        elif kind == "websocket.http.response.start" and self._refusal is None:
            fields = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            self._refusal = (message["status"], fields, [])
        elif kind == "websocket.http.response.body" and self._refusal is not None:
            status, fields, parts = self._refusal
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._decided.set()
                self._exchange.send_fields(self._request, status, fields, b"".join(parts))
        else:
            raise RuntimeError(f"expected the handshake to be accepted or refused, got {kind!r}")

    async def fail(self, error: BaseException) -> None:
        """Close with the code of an internal error, after the application has raised one."""
        exchange, request = self._exchange, self._request
        if self._websocket.is_accepted:
            await close_after(self._websocket, request, error)
        elif exchange.is_timed_out:
            LOG.warning("WebSocket %r was not accepted in time", request.path)
            exchange.fail(request, late_response())
        else:
            log_failure(request, error, is_closed=self._websocket.closed is not None)
            if not exchange.has_ended_answer:
                exchange.fail(request, failed_response())

    async def end(self) -> None:
        """Close after the application has returned."""
        if self._websocket.is_accepted:
            await self._websocket.close()
        elif not self._exchange.has_ended_answer and not self._exchange.is_client_gone:
            await self.fail(RuntimeError("the application returned before it accepted or refused the handshake"))
