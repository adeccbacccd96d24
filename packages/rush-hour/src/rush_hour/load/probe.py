"""One request before the load: is there a server, and what does it answer?

What reads the answer is what reads the answers under load: both take the same for an answer.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rush_hour.core.expectation import BODY_LIMIT_BYTES
from rush_hour.core.faults import GENERATOR_FAULTS
from rush_hour.core.http.http_response import (
    BodyChunk,
    HeadCache,
    ResponseEnd,
    ResponseHead,
    ResponseReader,
)
from rush_hour.core.http.malformed import MalformedResponse
from rush_hour.credentials import hide_in_url, printable
from rush_hour.errors import StartError
from rush_hour.load.transport.address import Address, Ways
from rush_hour.load.transport.error_name import name_of
from rush_hour.load.transport.tls import READ_BYTES, Tls
from rush_hour.load.workload.request import Request

BEGINNING_BYTES = 200  # of a body, to show what it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes:
        headers: values by lower-case name.
    """

    status: int
    body: bytes
    headers: Mapping[bytes, list[bytes]] = field(default_factory=dict, repr=False)

    @property
    def location(self) -> str | None:
        """Where a redirect leads to; None where nothing does."""
        values = self.headers.get(b"location", [])
        return values[0].decode("latin-1") if 300 <= self.status < 400 and values else None


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
                return Answer(status=self._head.status, body=b"".join(self._body), headers=self._head.headers)
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


def describe(answer: Answer) -> str:
    """Return an answer for reading: status, where it leads to, and the beginning of its body."""
    beginning = printable(answer.body[:BEGINNING_BYTES].decode("utf-8", "replace").strip())
    leads = "" if answer.location is None else f", which leads to {printable(hide_in_url(answer.location))}"
    return f"{answer.status}{leads}" + (f": {beginning}" if beginning else "")
