"""The handler for `Container.make_servers` that answers HTTP and WebSockets with an ASGI application."""

from typing import Any

from api_hour.config.http_options import HttpOptions
from api_hour.http.asgi.application import AsgiApplication
from api_hour.http.asgi.lifespan import Lifespan
from api_hour.http.asgi.types import AsgiApp
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.limits import Limits
from api_hour.http.server import Server
from api_hour.http.wire.proxy import Proxy


class AsgiServer(Server):
    """A protocol factory that answers HTTP and WebSockets with an ASGI application.

    Args:
        app: the application.
        container: its worker's `stats` and access log note what is answered.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.
    """

    def __init__(
        self, app: AsgiApp, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None
    ) -> None:
        self._lifespan = Lifespan(app, HttpOptions.of_container(container))
        state = ServerState.of_container(container, limits, proxy)
        super().__init__(AsgiApplication(app, self._lifespan.state, state), state)

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
