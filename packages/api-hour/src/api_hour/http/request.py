"""One HTTP request as a handler sees it. Everything beyond method and path is decoded when it is asked for."""

from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from api_hour.http.errors import HttpError


class Request:
    """A whole request: the body has been read.

    Attributes:
        method: `GET`, `POST`...
        target: the request target as sent, such as `b"/agents?page=2"`.
        raw_headers: names (lower case) and values as sent, in order.
        body: the body; empty without one.
        container: the Container that serves.
        path_parameters: what the route's `{name}` parts matched, decoded.
        is_http_1_0: whether the client spoke HTTP/1.0.
        keep_alive: whether the client lets the connection stay open.
    """

    __slots__ = (
        "_headers", "body", "container", "is_http_1_0", "keep_alive", "method", "path_parameters", "raw_headers",
        "target",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        target: bytes,
        raw_headers: list[tuple[bytes, bytes]],
        container: Any,
        *,
        is_http_1_0: bool = False,
        keep_alive: bool = True,
    ) -> None:
        self.method = method
        self.target = target
        self.raw_headers = raw_headers
        self.body = b""
        self.container = container
        self.is_http_1_0 = is_http_1_0
        self.keep_alive = keep_alive
        self.path_parameters: dict[str, str] = {}
        self._headers: dict[str, str] | None = None

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
        return dict(parse_qsl(self.target.partition(b"?")[2].decode("latin-1"), keep_blank_values=True))

    def json(self) -> Any:
        """Return the decoded JSON body.

        Raises:
            HttpError: 400, the body is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HttpError(400, f"expected a JSON body; {error}") from error
