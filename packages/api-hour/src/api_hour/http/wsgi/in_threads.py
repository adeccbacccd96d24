"""Requests that are answered in threads, several at the same time; the event loop stays free."""

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.request import Request
from api_hour.http.wsgi.body import is_large
from api_hour.http.wsgi.call import WsgiApp
from api_hour.http.wsgi.environ import Environs
from api_hour.http.wsgi.thread_work import ThreadWork
from api_hour.http.wsgi.threads import Threads


class InThreads:
    """Answers requests, each in a thread.

    Args:
        app: the application.
        environs: makes the environ of each request.
        server: what the connections of the server share.
        threads: how many requests are answered at the same time.
    """

    def __init__(self, app: WsgiApp, environs: Environs, server: ServerState, threads: int) -> None:
        self._app = app
        self._environs = environs
        self._server = server
        self._count = threads
        self._threads: Threads | None = None

    def streams_body(self, request: Request) -> bool:
        """Tell whether the application reads a body as it comes, or decides whether it is to come at all."""
        return is_large(request) or request.expects_continue

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request: when a thread is free."""
        if self._threads is None:
            self._threads = Threads(self._count)
        environ = self._environs.of(request, *exchange.ends.of(request))
        work = ThreadWork(self._app, self._threads, exchange, request, environ)
        work.prepare()
        return work

    def shutdown(self) -> None:
        """Let the threads end when they have nothing to do."""
        if self._threads is not None:
            self._threads.end()
            self._threads = None
