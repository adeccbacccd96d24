"""Requests answered by a WSGI application."""

from typing import Protocol

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response


class Callers(Protocol):
    """Those who call the application: the loop's thread, or threads beside it."""

    def streams_body(self, request: Request) -> bool:
        """Tell whether a request is begun before its body is whole."""

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request."""


class WsgiApplication:
    """Answers with what a WSGI application gives: see `Application`.

    Args:
        callers: call it.
    """

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self.streams_body = callers.streams_body

    def knows_method(self, _method: str) -> bool:
        """Say that any method may be asked for."""
        return True

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request; one for the server as a whole, with nothing."""
        if request.target == b"*":  # OPTIONS (RFC 9110, 9.3.7), and no path that an application could have
            exchange.send(request, Response(status=204, content_type=None))
            return None
        return self._callers.begin(exchange, request)
