"""One request before the load: is there a server, and what does a good answer look like?

What reads the answer is what reads the answers under load: both take the same for an answer.
"""

import socket
import ssl
import time
from dataclasses import dataclass, replace

from rush_hour.core.expectation import BODY_LIMIT_BYTES, SUCCESSFUL, format_statuses
from rush_hour.core.faults import GENERATOR_FAULTS
from rush_hour.core.http_response import (
    BodyChunk,
    HeadCache,
    ResponseEnd,
    ResponseHead,
    ResponseReader,
)
from rush_hour.core.malformed import MalformedResponse
from rush_hour.credentials import hide_in_url, printable
from rush_hour.errors import StartError
from rush_hour.load.transport.address import Address, Ways
from rush_hour.load.transport.error_name import name_of
from rush_hour.load.transport.tls import READ_BYTES, Tls
from rush_hour.load.workload.request import Request

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, section 9.2.1
BEGINNING_BYTES = 200  # of a body, to show what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        location: where a redirect leads to; None where nothing does.
    """

    status: int
    body: bytes
    location: str | None = None


def ask_once(request: Request, address: Address, tls: Tls | None = None, *, timeout_s: float = 5.0) -> Answer:
    """Send one request and return its answer.

    Args:
        request: what to send.
        address: where to connect; its other addresses are tried in turn.
        tls: how to speak TLS; None for plain HTTP.
        timeout_s: for connecting by one address, and for everything after that, in seconds.

    Raises:
        StartError: there is no server, or it does not answer in HTTP/1.1 within the time.
    """
    ways = Ways(address).choose(0, 0)
    while ways:
        way = ways.pop()
        try:
            with way.address.open_socket(blocking=True, source=way.source) as plain:
                plain.settimeout(timeout_s / (1 + len(address.others)))
                plain.connect(way.address.sockaddr)
                return _Asking(plain, request, time.monotonic() + timeout_s).ask(tls)
        except MalformedResponse as error:
            raise StartError(f"URL: {address.label} did not answer in HTTP/1.1: {error}.") from error
        except OSError as error:
            if not ways or isinstance(error, ssl.SSLError):
                raise _not_reached(address, error, timeout_s) from error
    raise AssertionError("the last way has an answer or an error")


def _not_reached(address: Address, error: OSError, timeout_s: float) -> StartError:
    if isinstance(error, TimeoutError):
        return StartError(f"URL: {address.label} did not answer within {timeout_s:g} s.")
    reason = (error.strerror or str(error)).rstrip(".")
    fault = GENERATOR_FAULTS.get(name_of(error))
    advice = "" if fault is None else f" {fault[1]}"
    return StartError(f"URL: unable to connect to {address.label}: {reason}.{advice}")


class _Asking:
    """One request on a connection that is open.

    Args:
        sock: the connection.
        request: what is asked.
        until_s: when to give up, on the clock of `time.monotonic`.
    """

    def __init__(self, sock: socket.socket, request: Request, until_s: float) -> None:
        self._sock = sock
        self._request = request
        self._until_s = until_s
        self._head: ResponseHead | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0

    def ask(self, tls: Tls | None) -> Answer:
        """Send and read."""
        if tls is None:
            return self._exchange()
        self._be_patient()
        with tls.context().wrap_socket(self._sock, server_hostname=tls.server_name) as self._sock:
            return self._exchange()

    def _be_patient(self) -> None:
        """Let the next call wait for what is left of the time."""
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)

    def _exchange(self) -> Answer:
        broken: OSError | None = None
        try:
            for part in (self._request.data, self._request.body):
                self._be_patient()
                self._sock.sendall(part)
        except (BrokenPipeError, ConnectionResetError) as error:
            broken = error  # an early answer may have come before
        reader = ResponseReader(HeadCache(self._request.method), only_one=True)
        while True:
            self._be_patient()
            try:
                data = self._sock.recv(READ_BYTES)
            except ConnectionResetError as error:
                raise broken or error from None
            if self._take(reader, data) and self._head is not None:
                return Answer(status=self._head.status, body=b"".join(self._body), location=_location(self._head))
            if not data:
                raise broken or MalformedResponse("truncated", "the connection ended before an answer")

    def _take(self, reader: ResponseReader, data: bytes) -> bool:
        for event in reader.feed(data) if data else reader.feed_eof():
            match event:
                case ResponseHead():
                    self._head = event
                case BodyChunk(part):
                    self._body.append(part)
                    self._body_bytes += len(part)
                case ResponseEnd():
                    return True
        if self._body_bytes > BODY_LIMIT_BYTES:
            raise StartError(f"URL: expected a body of at most {BODY_LIMIT_BYTES} bytes, got more.")
        return False


def _location(head: ResponseHead) -> str | None:
    """Return where a redirect leads to; None where nothing does."""
    values = head.headers.get(b"location", [])
    return values[0].decode("latin-1") if 300 <= head.status < 400 and values else None


def expect_what_is_answered(
    request: Request,
    address: Address,
    tls: Tls | None = None,
    *,
    statuses: frozenset[int] | None = None,
    timeout_s: float = 5.0,
) -> Request:
    """Ask twice, and return the request with that answer as the expected one.

    The body is expected only if it was the same both times.

    Args:
        request: what to send.
        address: where to connect.
        tls: how to speak TLS; None for plain HTTP.
        statuses: of a good answer, where that is said; None for the status that is answered, if it is a 2xx.
        timeout_s: see `ask_once`.

    Raises:
        StartError: see `ask_once`; or the answer is not a good one.
    """
    first = ask_once(request, address, tls, timeout_s=timeout_s)
    time.sleep(0.001)  # so that a body with a clock in it shows
    second = ask_once(request, address, tls, timeout_s=timeout_s)
    for answer in (first, second):
        if answer.status not in (statuses or SUCCESSFUL):
            raise StartError(_not_wanted(request, answer, statuses or SUCCESSFUL))
    seen = frozenset({first.status, second.status})
    is_same = first.body == second.body
    expectation = replace(
        request.expectation, statuses=statuses or seen, body=first.body if is_same else None, is_guess=is_same
    )
    return replace(request, expectation=expectation)


def describe(answer: Answer) -> str:
    """Return an answer for reading: status, where it leads to, and the beginning of its body."""
    beginning = printable(answer.body[:BEGINNING_BYTES].decode("utf-8", "replace").strip())
    leads = "" if answer.location is None else f", which leads to {printable(hide_in_url(answer.location))}"
    return f"{answer.status}{leads}" + (f": {beginning}" if beginning else "")


def _not_wanted(request: Request, answer: Answer, statuses: frozenset[int]) -> str:
    advice = "Redirects are not followed: load where it leads to, or s" if answer.location is not None else "S"
    return (
        f"URL: expected status {format_statuses(statuses)} for {request.target}, got {describe(answer)}\n"
        f"{advice}ay that this is a good answer: --expect-status {answer.status}."
    )
