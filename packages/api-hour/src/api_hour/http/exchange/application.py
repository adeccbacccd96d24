"""The application of a server: it answers the requests."""

from typing import Protocol

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.message.request import Request


class Application(Protocol):
    """Answers the requests of all connections of a server: a router's handlers, or an ASGI application."""

    def knows_method(self, method: str) -> bool:
        """Tell whether a method may be asked for; another is answered with 501 (RFC 9110, 9.1)."""

    def streams_body(self, request: Request) -> bool:
        """Tell whether a request, which has a body, is answered before its body has been read."""

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Begin to answer a request, whatever happens.

        Returns:
            What goes on with it; None when it is answered.
        """
