"""ASGI 3 applications on the HTTP engine: `AsgiServer(app)` is a handler that `Container.make_servers` may return.

The specification is https://asgi.readthedocs.io/en/latest/specs/www.html. Its version is said to be 2.3, under which
Starlette's streams listen for `http.disconnect`; under 2.4 they wait to be told by `send`, and one that waits for news
is never told. An answer without Content-Length whose body comes at once gets one. What is said of the fields that are
the server's is heard or dropped (`server_fields.py`).
"""

import asyncio
from typing import Any
from urllib.parse import unquote

from api_hour.config.http_options import HttpOptions
from api_hour.http.asgi.exchange import Exchange
from api_hour.http.asgi.lifespan import Application, Lifespan
from api_hour.http.asgi.websocket import answer_websocket
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.server import Server
from api_hour.http.wire.proxy import Proxy

ASGI = {"version": "3.0", "spec_version": "2.3"}


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
        """Begin to answer a request with what the application sends; one for the server as a whole, with nothing."""
        if request.target == b"*":  # OPTIONS (RFC 9110, 9.3.7), and no path that an application could have
            connection.send(request, Response(status=204, content_type=None))
            return None
        return self.first_step.start(self._respond(connection, request))

    async def _respond(self, connection: HttpProtocol, request: Request) -> None:
        scope = self._scope(connection, request)
        if request.upgrade is not None and request.upgrade.lower() == b"websocket":
            await answer_websocket(self._app, scope, connection, request)
            return
        exchange = Exchange(connection, request)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except BaseException as error:  # noqa: BLE001  # it is logged, once
            exchange.fail(error)
        else:
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
