"""The handler for `Container.make_servers` that answers HTTP with a WSGI application."""

from typing import Any

from api_hour.config.http_options import HttpOptions
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.limits import Limits
from api_hour.http.server import Server
from api_hour.http.wire.proxy import Proxy
from api_hour.http.wsgi.application import WsgiApplication
from api_hour.http.wsgi.call import WsgiApp
from api_hour.http.wsgi.environ import Environs
from api_hour.http.wsgi.in_loop import InLoop
from api_hour.http.wsgi.in_threads import InThreads


class WsgiServer(Server):
    """A protocol factory that answers HTTP with a WSGI application.

    Args:
        app: the application.
        container: its worker's `stats` and access log note what is answered.
        threads: how many requests are answered at the same time, each in a thread; 1 for one after the other in the
            loop's own thread. By default what the daemon's options say.
        limits: what a client may ask for; by default what the daemon's options say.
        proxy: what proxies before this server are believed; by default what the daemon's options say.
    """

    def __init__(
        self,
        app: WsgiApp,
        *,
        container: Any = None,
        threads: int | None = None,
        limits: Limits | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        options = HttpOptions.of_container(container)
        workers: int = getattr(getattr(container, "worker", None), "workers", 1)
        threads = threads or options.threads
        state = ServerState.of_container(container, limits, proxy)
        environs = Environs(is_multithread=threads > 1, is_multiprocess=workers > 1)
        callers = InLoop(app, environs, state) if threads == 1 else InThreads(app, environs, state, threads)
        super().__init__(WsgiApplication(callers), state)
        self._callers = callers

    def shutdown(self) -> None:
        """Let the threads end, when no request is left."""
        if isinstance(self._callers, InThreads):
            self._callers.shutdown()
