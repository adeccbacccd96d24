"""Requests, and the protocol of their sources."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pickle import PickleBuffer
from typing import ClassVar, Protocol
from urllib.parse import SplitResult

from rush_hour.core.expectation import Expectation
from rush_hour.credentials import authorization_of, hide_in_header
from rush_hour.errors import UsageError
from rush_hour.load.workload.wire_text import unfit_in_header, unfit_in_target, without_zone

ResponseHook = Callable[[int, Mapping[str, str], bytes, int], object]

ANY_SUCCESS = Expectation()
ONE_PIECE_BYTES = 64 * 1024  # up to here head and body are sent in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, and what a good answer to it is.

    Attributes:
        method: the HTTP method: the answer to HEAD has no body.
        data: all its bytes, or all but those of the body.
        body: what is sent after them, and may be large: it is not copied, and processes share it.
        name: by which its figures are told from those of others.
    """

    method: str
    data: bytes
    body: bytes | memoryview = b""
    expectation: Expectation = ANY_SUCCESS
    name: str = ""

    @property
    def target(self) -> str:
        """Path and query, for messages."""
        return self.data.partition(b"\r\n")[0].split(b" ")[1].decode("latin-1")

    def __reduce_ex__(self, _protocol: object) -> tuple[Callable[..., "Request"], tuple[object, ...]]:
        """Leave the body out of the pickle where it is taken out of band (PEP 574)."""
        body = PickleBuffer(self.body) if self.body else b""
        return _restore, (self.method, self.data, body, self.expectation, self.name)


def _restore(method: str, data: bytes, body: bytes | memoryview, expectation: Expectation, name: str) -> Request:
    return Request(method=method, data=data, body=body, expectation=expectation, name=name)


class Requests(Protocol):
    """A source of requests. It is pickled, and answers in each process by itself."""

    @property
    def varies(self) -> bool:
        """Whether there is more than one, so that each has to be asked for."""

    @property
    def are_few(self) -> bool:
        """Whether what is known of each may be kept, for there is an end of them."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the requests that are told apart; none where they are not."""

    @property
    def on_response(self) -> ResponseHook | None:
        """Called with the status, headers and body of each answer, and the number of the connection.

        An answer that it returns False for is a bad one.
        """

    def get(self, number: int, connection: int) -> Request:
        """Return the request of that number in the schedule, which is on that connection.

        It is the same one whenever it is asked for again.
        """


@dataclass(frozen=True, slots=True)
class OneRequest:
    """The same request over and over."""

    varies: ClassVar[bool] = False
    are_few: ClassVar[bool] = True
    names: ClassVar[Sequence[str]] = ()
    on_response: ClassVar[None] = None
    request: Request

    def get(self, _number: int, _connection: int) -> Request:
        """Return the request."""
        return self.request


def build_request(
    url: SplitResult,
    headers: Sequence[str] = (),
    *,
    method: str = "GET",
    body: bytes = b"",
    expectation: Expectation | None = None,
) -> Request:
    """Return a request.

    `Host`, `Authorization` for a user and password in the URL, and `Content-Length` where there is a body, are added
    unless they are given.

    Args:
        url: what `parse_url` returned; its path and query are the target.
        headers: lines such as `Accept: application/json`.
        method: the HTTP method.
        body: the body.
        expectation: what a good answer is.

    Raises:
        UsageError: a header is not `Name: value`, the path cannot be sent, or the method is not a word.
    """
    if not (method.isascii() and method.isalpha()):
        raise UsageError(f"--method: expected a word such as GET or POST, got {method!r}.")
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    if (unfit := unfit_in_target(target)) is not None:
        raise UsageError(f"URL: expected a path of visible ASCII characters alone; {unfit}.")
    lines = header_lines(url, headers, body)
    head = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""])
    data = head.encode("ascii")
    if len(body) <= ONE_PIECE_BYTES:
        data, body = data + body, b""
    return Request(method=method, data=data, body=body, expectation=expectation or ANY_SUCCESS)


def header_lines(url: SplitResult, headers: Sequence[str], body: bytes = b"") -> list[str]:
    """Return the lines of a request's headers, those added that are not given: see `build_request`.

    Raises:
        UsageError: a header is not `Name: value`.
    """
    lines = [_header_line(header) for header in headers]
    names = {line.partition(":")[0].lower() for line in lines}
    if "host" not in names:
        lines.insert(0, f"Host: {without_zone(url.netloc.rpartition('@')[2])}")
    if "authorization" not in names and (authorization := authorization_of(url)) is not None:
        lines.append(authorization)
    if body and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(body)}")
    return lines


def _header_line(header: str) -> str:
    name, colon, value = header.partition(":")
    value = value.strip(" \t")
    unfit = unfit_in_header(name, value) if colon else "it has no colon"
    if unfit is not None:
        shown = repr(hide_in_header(header))
        raise UsageError(f"--header: expected 'Name: value' in visible ASCII, got {shown}: {unfit}.")
    return f"{name}: {value}"
