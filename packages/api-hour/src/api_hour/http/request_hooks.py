"""What is called before and after each request: Gunicorn's `pre_request` and `post_request`.

A server without such hooks has none of this: no object, no call and no question for each request.
"""

from collections.abc import Callable
from functools import cached_property
from http import HTTPStatus
from typing import Any

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.exchange import BeginAnswering, Exchange
from api_hour.http.message.request import Request
from api_hour.http.transport.ends import Ends
from api_hour.http.wsgi.environ import Environs

Headers = list[tuple[str, str]]

ENVIRONS = Environs(is_multithread=False, is_multiprocess=True)


class HookRequest:
    """A request as a hook sees it, with the names that Gunicorn's has.

    Args:
        request: the request.
        ends: those of its connection.
    """

    def __init__(self, request: Request, ends: Ends) -> None:
        self._request = request
        self._ends = client, _, scheme = ends.of(request)
        self.method = request.method
        self.uri = request.target.decode("latin-1")
        self.path, _, self.query = self.uri.partition("?")
        self.fragment = ""
        self.version = (1, 0) if request.is_http_1_0 else (1, 1)
        self.scheme = scheme
        self.remote_addr = client
        self.peer_addr = client

    @cached_property
    def headers(self) -> Headers:
        """Names, in capitals, and values, in the order in which they came."""
        return [(name.decode("latin-1").upper(), value.decode("latin-1")) for name, value in self._request.raw_headers]

    def environ(self) -> dict[str, Any]:
        """Return what PEP 3333 has names for; nothing of an application's own."""
        return ENVIRONS.of(self._request, *self._ends)


class HookResponse:
    """An answer as a hook sees it, with the names that Gunicorn's has.

    Args:
        status_code: its status.
        head: its head, as sent.
        sent: how many bytes of its body were sent.
    """

    def __init__(self, status_code: int, head: bytes, sent: int) -> None:
        self.status_code = status_code
        self.sent = sent
        self.headers_sent = True
        self._head = head

    @property
    def status(self) -> str:
        """The number and its name, such as `200 OK`."""
        line = self._head.partition(b"\r\n")[0].decode("latin-1")
        return line.partition(" ")[2] or f"{self.status_code} {HTTPStatus(self.status_code).phrase}"

    @cached_property
    def headers(self) -> Headers:
        """Names and values, as sent."""
        lines = self._head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(": ") for line in lines if line)
        return [(name, value) for name, _, value in pairs]

    @property
    def response_length(self) -> int | None:
        """The length of the body that the head says; None when it does not."""
        return next((int(value) for name, value in self.headers if name.lower() == "content-length"), None)


class RequestHooks:
    """Calls what is to be called before and after each request.

    Args:
        before: takes a request that is about to be answered; None for nothing.
        after: takes a request, its environment, and its answer, which is None if there was none; None for nothing.
    """

    def __init__(
        self,
        before: Callable[[HookRequest], None] | None,
        after: Callable[[HookRequest, dict[str, Any], HookResponse | None], None] | None,
    ) -> None:
        self._before = before
        self._after = after
        self._begun: dict[Request, HookRequest] = {}

    def telling(self, begin: BeginAnswering) -> BeginAnswering:
        """Return what begins to answer a request, and tells of it first."""

        def begin_answering(exchange: Exchange, request: Request) -> Answering | None:
            told = HookRequest(request, exchange.ends)
            if self._after is not None:
                self._begun[request] = told
            if self._before is not None:
                self._before(told)
            return begin(exchange, request)

        return begin_answering

    def end(self, request: Request, status: int, head: bytes, body_bytes: int) -> None:
        """Tell that the answer to a request is over; nothing of one that was not begun."""
        told = self._begun.pop(request, None)
        if told is not None and self._after is not None:
            self._after(told, told.environ(), HookResponse(status, head, body_bytes) if head else None)
