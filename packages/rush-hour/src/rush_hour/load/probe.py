"""One request before the load: is there a server, and what does a good answer look like?"""

import http.client
import socket
import time
from dataclasses import dataclass, replace

from rush_hour.core.expectation import BODY_LIMIT_BYTES
from rush_hour.errors import StartError
from rush_hour.load.request import Request
from rush_hour.load.transport import Address, Tls

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, section 9.2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of one answer."""

    status: int
    body: bytes


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
        return Answer(status=response.status, body=body)


def expect_what_is_answered(request: Request, address: Address, tls: Tls | None = None) -> Request:
    """Ask twice, and return the request with that answer as the expected one.

    The body is expected only if it was the same both times. An error status is never good: then any status below
    400 is expected.

    Raises:
        StartError: see `ask_once`.
    """
    first = ask_once(request, address, tls)
    time.sleep(0.001)  # so that a body with a clock in it shows
    second = ask_once(request, address, tls)
    if first.status >= 400 or first.status != second.status:
        return request
    body = first.body if first.body == second.body else None
    return replace(request, expectation=replace(request.expectation, statuses=frozenset({first.status}), body=body))
