"""Requests answered by an ASGI 3 application.

The specification is https://asgi.readthedocs.io/en/latest/specs/www.html. Its version is said to be 2.3, under which
Starlette's streams listen for `http.disconnect`; under 2.4 they wait to be told by `send`, and one that waits for news
is never told. An answer without Content-Length whose body comes at once gets one. What is said of the fields that are
the server's is heard or dropped (`server_fields.py`).
"""

from typing import Any
from urllib.parse import unquote

from api_hour.http.asgi.http_messages import HttpMessages
from api_hour.http.asgi.types import AsgiApp
from api_hour.http.asgi.websocket_messages import answer_websocket
from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.request_ids import enter
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

ASGI = {"version": "3.0", "spec_version": "2.3"}


class AsgiApplication:
    """Answers with what an ASGI application sends: see `Application`.

    Args:
        app: the application.
        lifespan_state: what the application keeps for its requests; each gets a copy.
        server: what the connections of the server share.
    """

    def __init__(self, app: AsgiApp, lifespan_state: dict[str, Any], server: ServerState) -> None:
        self._app = app
        self._lifespan_state = lifespan_state
        self._server = server
        self._root_path = server.options.root_path
        self._raw_root_path = self._root_path.encode("ascii")

    def knows_method(self, _method: str) -> bool:
        """Say that any method may be asked for."""
        return True

    def streams_body(self, _request: Request) -> bool:
        """Say that an application always reads the body itself."""
        return True

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request with what the application sends; one for the server as a whole, with nothing."""
        if request.target == b"*":  # OPTIONS (RFC 9110, 9.3.7), and no path that an application could have
            exchange.send(request, Response(status=204, content_type=None))
            return None
        return self._server.first_step.start(self._respond(exchange, request))

    async def _respond(self, exchange: Exchange, request: Request) -> None:
        if request.request_id is not None:
            enter(request)
        scope = self._scope(exchange, request)
        if request.upgrade is not None and request.upgrade.lower() == b"websocket":
            await answer_websocket(self._app, scope, exchange, request)
            return
        messages = HttpMessages(exchange, request)
        try:
            await self._app(scope, messages.receive, messages.send)
        except BaseException as error:  # noqa: BLE001  # it is logged, once
            messages.fail(error)
        else:
            messages.close()

    def _scope(self, exchange: Exchange, request: Request) -> dict[str, Any]:
        raw_path, _, query_string = request.target.partition(b"?")
        path = raw_path.decode("ascii")
        client, server, scheme = exchange.ends.of(request)
        return {
            "type": "http",
            "asgi": ASGI,
            "http_version": "1.0" if request.is_http_1_0 else "1.1",
            "method": request.method,
            "scheme": scheme,
            "path": self._root_path + (unquote(path) if "%" in path else path),
            "raw_path": self._raw_root_path + raw_path,
            "query_string": query_string,
            "root_path": self._root_path,
            "headers": request.raw_headers,
            "client": client,
            "server": server,
            "state": self._lifespan_state.copy(),
        }
