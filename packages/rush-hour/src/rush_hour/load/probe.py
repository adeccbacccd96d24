"""One request before the load: is there a server, and what does a good answer look like?"""

import http.client
import socket
import time
from dataclasses import dataclass, replace

from rush_hour.core.expectation import BODY_LIMIT_BYTES, SUCCESSFUL, format_statuses
from rush_hour.credentials import hide_in_url, printable
from rush_hour.errors import StartError
from rush_hour.load.request import Request
from rush_hour.load.transport import Address, Tls

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
        address: where to connect.
        tls: how to speak TLS; None for plain HTTP.
        timeout_s: for connecting and for each read, in seconds.

    Raises:
        StartError: there is no server, or it does not answer in HTTP/1.1.
    """
    try:
        with address.open_socket(blocking=True) as plain:
            plain.settimeout(timeout_s)
            plain.connect(address.sockaddr)
            return _exchange(request, plain, tls)
    except http.client.HTTPException as error:
        raise StartError(f"URL: {address.label} did not answer in HTTP/1.1: {error!r}.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(f"URL: unable to connect to {address.label}: {reason.rstrip('.')}.") from error


def _exchange(request: Request, plain: socket.socket, tls: Tls | None) -> Answer:
    sock = plain if tls is None else tls.context().wrap_socket(plain, server_hostname=tls.server_name)
    with sock:
        sock.sendall(request.data)
        response = http.client.HTTPResponse(sock, method=request.method)
        response.begin()
        body = response.read(BODY_LIMIT_BYTES + 1)
        if len(body) > BODY_LIMIT_BYTES:
            raise StartError(f"URL: expected a body of at most {BODY_LIMIT_BYTES} bytes, got more.")
        location = response.getheader("Location") if 300 <= response.status < 400 else None
        return Answer(status=response.status, body=body, location=location)


def expect_what_is_answered(
    request: Request, address: Address, tls: Tls | None = None, *, statuses: frozenset[int] | None = None
) -> Request:
    """Ask twice, and return the request with that answer as the expected one.

    The body is expected only if it was the same both times.

    Args:
        request: what to send.
        address: where to connect.
        tls: how to speak TLS; None for plain HTTP.
        statuses: of a good answer, where that is said; None for the status that is answered, if it is a 2xx.

    Raises:
        StartError: see `ask_once`; or the answer is not a good one.
    """
    first = ask_once(request, address, tls)
    time.sleep(0.001)  # so that a body with a clock in it shows
    second = ask_once(request, address, tls)
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
