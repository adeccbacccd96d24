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

PATIENCE = 0.8  # of the time without a sign of life after which a worker is killed


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
        worker = getattr(container, "worker", None)
        workers: int = getattr(worker, "workers", 1)
        threads = threads or options.threads
        state = ServerState.of_container(container, limits, proxy)
        environs = Environs(is_multithread=threads > 1, is_multiprocess=workers > 1, script_name=options.root_path)
        self._callers: InLoop | InThreads
        if threads == 1:
            self._callers = InLoop(app, environs, state, state.limits.request_timeout_s or _patience_s(worker))
        else:
            self._callers = InThreads(app, environs, state, threads)
        super().__init__(WsgiApplication(self._callers), state)

    def shutdown(self) -> None:
        """Let the threads end, when no request is left."""
        self._callers.shutdown()


def _patience_s(worker: Any) -> float:
    """Return how long a call may keep the loop from a sign of life before it is named: less than ends the worker."""
    timeout_s: float = getattr(worker, "heartbeat_timeout_s", 0.0)
    return timeout_s * PATIENCE
