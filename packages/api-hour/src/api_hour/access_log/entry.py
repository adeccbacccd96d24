"""One request when its line is written. What few formats ask for is found when it is asked for."""

import os
from typing import Protocol

CLIENT_CLOSED = 499  # nginx's number for a connection that ended before there was an answer
PID = os.getpid()


class LoggedRequest(Protocol):
    """A request, as far as the log asks: see `api_hour.http.Request`."""

    method: str
    target: bytes
    raw_headers: list[tuple[bytes, bytes]]
    is_http_1_0: bool
    request_id: str | None


class Exchange(Protocol):
    """A request's connection, at the end of its answer."""

    def client_address(self) -> str | None:
        """Return the client's address, as trusted proxies say; None for a unix socket's."""

    def scheme(self) -> str | None:
        """Return `http` or `https`; None when the request could not be understood."""

    def answer_head(self) -> bytes:
        """Return the head of the answer; empty when there was none."""


class AccessEntry:
    """One request and its answer.

    Attributes:
        exchange: the connection.
        request: the request; None when it could not be understood.
        status: the answer's; CLIENT_CLOSED when the connection ended before there was one.
        response_bytes: how much of the answer's body was sent.
        duration_ns: from the moment when the request could be answered to the end of its answer.
        ended_at_s: that end, in seconds since 1970.
        worker_id: the worker's number.
        is_aborted: whether the answer is not whole.
        refusal: what was wrong with a request that was refused.
    """

    __slots__ = (
        "duration_ns", "ended_at_s", "exchange", "is_aborted", "refusal", "request", "response_bytes", "status",
        "worker_id",
    )  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        request: LoggedRequest | None,
        *,
        status: int,
        response_bytes: int,
        duration_ns: int,
        ended_at_s: float,
        worker_id: int,
        is_aborted: bool,
        refusal: str | None = None,
    ) -> None:
        self.exchange = exchange
        self.request = request
        self.status = status
        self.response_bytes = response_bytes
        self.duration_ns = duration_ns
        self.ended_at_s = ended_at_s
        self.worker_id = worker_id
        self.is_aborted = is_aborted
        self.refusal = refusal

    @property
    def client(self) -> str | None:
        """The client's address."""
        return self.exchange.client_address()

    @property
    def scheme(self) -> str | None:
        """`http` or `https`."""
        return self.exchange.scheme()

    @property
    def protocol(self) -> str:
        """The version of HTTP."""
        return "HTTP/1.0" if self.request is not None and self.request.is_http_1_0 else "HTTP/1.1"

    @property
    def request_id(self) -> str | None:
        """The id that the request was given; None where requests have none."""
        return None if self.request is None else self.request.request_id

    def request_header(self, name: bytes) -> bytes | None:
        """Return the first value of a request's header, by its lower-case name."""
        for key, value in () if self.request is None else self.request.raw_headers:
            if key == name:
                return value
        return None

    def response_header(self, name: bytes) -> bytes | None:
        """Return the first value of an answer's header, by its lower-case name."""
        for line in self.exchange.answer_head().split(b"\r\n")[1:]:
            key, _, value = line.partition(b": ")
            if key.lower() == name:
                return value
        return None
