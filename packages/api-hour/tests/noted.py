"""Entries of an access log, made by hand."""

from typing import Any

from api_hour.access_log import AccessEntry
from api_hour.http import Request


class Exchange:
    """A connection as an access log sees it."""

    def __init__(self, client: str | None = "192.0.2.1", scheme: str | None = "http", head: bytes = b"") -> None:
        self._client = client
        self._scheme = scheme
        self._head = head

    def client_address(self) -> str | None:
        return self._client

    def scheme(self) -> str | None:
        return self._scheme

    def answer_head(self) -> bytes:
        return self._head


def request(target: bytes = b"/agents?page=2", *, is_http_1_0: bool = False, **headers: bytes) -> Request:
    """Return a request; the names of its headers have underscores for dashes."""
    raw_headers = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return Request("GET", target, raw_headers, None, is_http_1_0=is_http_1_0)


def entry(to: Request | None, exchange: Exchange | None = None, **given: Any) -> AccessEntry:
    """Return an entry: 200 with 17 bytes after 1.234567 s, unless something else is given."""
    known = {
        "status": 200,
        "response_bytes": 17,
        "duration_ns": 1_234_567_890,
        "ended_at_s": 1_795_537_252.5,
        "worker_id": 3,
        "is_aborted": False,
    }
    return AccessEntry(exchange or Exchange(), to, **{**known, **given})
