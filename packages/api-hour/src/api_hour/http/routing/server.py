"""The handler for `Container.make_servers` that answers HTTP with the handlers of a router."""

from typing import Any

from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.limits import Limits
from api_hour.http.routing.application import RouterApplication
from api_hour.http.routing.router import Router
from api_hour.http.server import Server
from api_hour.http.wire.proxy import Proxy


class HttpServer(Server):
    """A protocol factory that answers HTTP with the handlers of a router.

    Args:
        router: the routes.
        container: given to handlers as `request.container`; its worker's `stats` and access log note what is answered.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.
    """

    def __init__(
        self, router: Router, *, container: Any = None, limits: Limits | None = None, proxy: Proxy | None = None
    ) -> None:
        state = ServerState.of_container(container, limits, proxy)
        super().__init__(RouterApplication(router, state), state)
        self.router = router
