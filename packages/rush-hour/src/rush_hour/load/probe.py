"""One request before the load: is there a server, and what does a good answer look like?"""

import http.client
import socket
import time
from dataclasses import dataclass
from urllib.parse import SplitResult

from rush_hour.errors import StartError
from rush_hour.load.plan import Address, Expectation

BODY_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of one answer."""

    status: int
    body: bytes


class _Connection(http.client.HTTPConnection):
    """The standard library's client, on any address."""

    def __init__(self, host: str, address: Address, timeout_s: float) -> None:
        super().__init__(host, timeout=timeout_s)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(self._address.family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address.sockaddr)


def ask_once(
    url: SplitResult, address: Address, headers: tuple[str, ...] = (), *, method: str = "GET", timeout_s: float = 5.0
) -> Answer:
    """Send one request and return its answer.

    Args:
        url: its path and query are asked for.
        address: where to connect.
        headers: lines such as `Accept: application/json`.
        method: the HTTP method.
        timeout_s: for connecting and for each read, in seconds.

    Raises:
        StartError: there is no server, or it does not answer in HTTP/1.1.
    """
    connection = _Connection(url.netloc, address, timeout_s)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    names_and_values = (header.partition(":") for header in headers)
    try:
        connection.request(method, target, headers={name: value.strip() for name, _, value in names_and_values})
        response = connection.getresponse()
        body = response.read(BODY_LIMIT_BYTES + 1)
        status = response.status
    except OSError as error:
        raise StartError(f"URL: unable to connect to {address.label}: {error.strerror or error}.") from error
    except http.client.HTTPException as error:
        raise StartError(f"URL: {address.label} did not answer in HTTP/1.1: {error!r}.") from error
    finally:
        connection.close()
    if len(body) > BODY_LIMIT_BYTES:
        raise StartError(f"URL: expected a body of at most {BODY_LIMIT_BYTES} bytes, got more.")
    return Answer(status=status, body=body)


def expect_what_is_answered(url: SplitResult, address: Address, headers: tuple[str, ...] = ()) -> Expectation:
    """Ask twice, and expect that answer of every request.

    The body is expected only if it was the same both times. An error status is never good: then any status below
    400 is expected.

    Raises:
        StartError: see `ask_once`.
    """
    first = ask_once(url, address, headers)
    time.sleep(0.001)  # so that a body with a clock in it shows
    second = ask_once(url, address, headers)
    if first.status >= 400 or first.status != second.status:
        return Expectation()
    return Expectation(status=first.status, body=first.body if first.body == second.body else None)
