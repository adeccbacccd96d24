"""One HTTP request as a handler sees it. Everything beyond method and path is decoded when it is asked for."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol, TypeVar, overload
from urllib.parse import parse_qsl, unquote

import msgspec

from api_hour.http.message.body_stream import BodyStream
from api_hour.http.message.cookies import parse_cookies
from api_hour.http.message.errors import HttpError

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class ConnectionFacts(Protocol):
    """One connection, as its requests see it."""

    is_draining: bool
    is_client_gone: bool

    def client_of(self, request: "Request") -> tuple[str, int] | None:
        """Return address and port of the client of `request`."""

    def scheme_of(self, request: "Request") -> str:
        """Return `http` or `https`."""

    async def wait_draining(self) -> None:
        """Wait until the worker is to end soon."""


class Request(msgspec.Struct, eq=False):
    """A request. Its body has been read, unless its handler reads it as it comes.

    Attributes:
        method: `GET`, `POST`...
        target: the request target as sent, such as `b"/agents?page=2"`; of a whole URI, what follows its authority.
        raw_headers: names (lower case) and values as sent, in order.
        body: the body; empty without one, and for a handler that reads it as it comes.
        container: the Container that serves.
        path_parameters: the values of the route's parts by name, of the types that it says.
        is_http_1_0: whether the client spoke HTTP/1.0.
        keep_alive: whether the client lets the connection stay open.
        content_length: the length of the body in bytes, as the client said; None when it did not.
        is_chunked: whether the body comes in chunks.
        expects_continue: whether the client waits to be told to send its body.
        upgrade: the protocol that the client would rather speak on this connection; None when it does not say.
        connection: what is known of the connection; None for a request that was made by hand.
        incoming: the body, for a handler that reads it as it comes.
    """

    method: str
    target: bytes
    raw_headers: list[tuple[bytes, bytes]]
    container: Any
    is_http_1_0: bool = False
    keep_alive: bool = True
    body: bytes = b""
    path_parameters: dict[str, Any] = {}  # each has its own, as msgspec makes them
    content_length: int | None = None
    is_chunked: bool = False
    expects_continue: bool = False
    upgrade: bytes | None = None
    connection: ConnectionFacts | None = None
    incoming: BodyStream | None = None
    _headers: dict[str, str] | None = None

    def __repr__(self) -> str:
        """Return method and target; headers are not for logs."""
        return f"<Request {self.method} {self.target!r}>"

    @property
    def headers(self) -> dict[str, str]:
        """Values by lower-case name; the values of a repeated name are joined with a comma (RFC 9110, 5.3)."""
        if self._headers is None:
            headers: dict[str, str] = {}
            for raw_name, raw_value in self.raw_headers:
                name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
                headers[name] = f"{headers[name]}, {value}" if name in headers else value
            self._headers = headers
        return self._headers

    @property
    def raw_path(self) -> bytes:
        """The target without its query, as sent."""
        return self.target.partition(b"?")[0]

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.raw_path.decode("latin-1"))

    @property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; of a repeated one, the last."""
        return dict(self.query_pairs)

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """Names and values of the decoded query parameters, in order."""
        return parse_qsl(self.target.partition(b"?")[2].decode("latin-1"), keep_blank_values=True)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies' values by name, as they were sent; of a repeated name, the first."""
        lines = [value.decode("latin-1") for name, value in self.raw_headers if name == b"cookie"]
        return parse_cookies("; ".join(lines))

    @property
    def client(self) -> tuple[str, int] | None:
        """Address and port of the client, as trusted proxies say; None when it is not known (a unix socket's)."""
        return None if self.connection is None else self.connection.client_of(self)

    @property
    def scheme(self) -> str:
        """`http` or `https`, as trusted proxies say."""
        return "http" if self.connection is None else self.connection.scheme_of(self)

    @property
    def is_draining(self) -> bool:
        """Whether the worker is to end soon: a long answer should come to its end."""
        return self.connection is not None and self.connection.is_draining

    @property
    def is_client_gone(self) -> bool:
        """Whether the client has closed the connection."""
        return self.connection is not None and self.connection.is_client_gone

    async def wait_draining(self) -> None:
        """Wait until the worker is to end soon."""
        assert self.connection is not None, "this request came on no connection"
        await self.connection.wait_draining()

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces: as they come when the handler is `streams_body`, else the whole.

        Raises:
            ClientGone: the client closed the connection before the end of the body.
            Refusal: the body is malformed, too large or too slow; it may be left to the server to answer.
        """
        if self.incoming is None:
            if self.body:
                yield self.body
            return
        while piece := await self.incoming.read():
            yield piece

    @overload
    def json(self) -> Any: ...

    @overload
    def json(self, kind: type[T]) -> T: ...

    def json(self, kind: Any = Any) -> Any:
        """Return the decoded JSON body.

        Args:
            kind: what it must be, as msgspec says it: a `msgspec.Struct`, a dataclass, `list[int]`...

        Raises:
            HttpError: 400, the body is not JSON; 422, it is not of that kind (RFC 9110, 15.5.21).
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.ValidationError as error:
            raise HttpError(422, f"the JSON body is not what is expected; {error}") from error
        except RecursionError as error:
            raise HttpError(400, "expected a JSON body; it is nested too deeply") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HttpError(400, f"expected a JSON body; {error}") from error


def streams_body(handler: F) -> F:
    """Decorate a handler that reads `request.stream()`: it is called when the head is there, before the body."""
    handler.streams_body = True  # type: ignore[attr-defined]  # it is a function
    return handler
