"""Limits on what a client may ask for, and on how long it may take."""

from dataclasses import dataclass
from typing import Self

from api_hour.config.http_options import BODY_BYTES, CONNECTIONS, KEEP_ALIVE_TIMEOUT_S, HttpOptions
from api_hour.config.limit_options import HEAD_BYTES, HEADER_COUNT, URL_BYTES, WS_MESSAGE_BYTES, WS_PING_INTERVAL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds.

    A body, and an answer that the client must read, may take as long as they need if they make progress: the time
    limit grows by a second for each `min_bytes_per_s` that have passed.
    """

    target_bytes: int = URL_BYTES
    head_bytes: int = HEAD_BYTES  # the request line and all headers
    header_count: int = HEADER_COUNT
    body_bytes: int = BODY_BYTES
    buffer_bytes: int = 65536  # of a body that its handler has not read yet, before the client is not read from
    connections: int = CONNECTIONS  # of one server; one more is answered with 503
    head_timeout_s: float = 10.0  # from the first byte of a request (or the connection's start) to the end of its head
    body_timeout_s: float = 30.0
    request_timeout_s: float = 0.0  # from the end of the head to the end of the answer; 0 for no limit
    keep_alive_timeout_s: float = KEEP_ALIVE_TIMEOUT_S  # between requests
    write_timeout_s: float = 60.0  # for a client that does not read its answer
    min_bytes_per_s: int = 1024
    message_bytes: int = WS_MESSAGE_BYTES  # of a WebSocket
    ping_interval_s: float = WS_PING_INTERVAL_S  # of a silent WebSocket, and for the answer; 0 for no pings
    close_timeout_s: float = 10.0  # for a client to close its side of a WebSocket

    @classmethod
    def of_options(cls, options: HttpOptions) -> Self:
        """Return the limits that the daemon's options set; the others have their defaults."""
        return cls(
            target_bytes=options.url_bytes,
            head_bytes=options.head_bytes,
            header_count=options.header_count,
            message_bytes=options.ws_message_bytes,
            ping_interval_s=options.ws_ping_interval_s,
            body_bytes=options.body_bytes,
            connections=options.connections,
            keep_alive_timeout_s=options.keep_alive_timeout_s,
            request_timeout_s=options.request_timeout_s,
        )
