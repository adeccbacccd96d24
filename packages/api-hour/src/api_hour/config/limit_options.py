"""The options of what a client may send: requests' heads, and WebSockets' messages."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.values import check_not_negative, check_positive, read_size

URL_BYTES = 8192
HEAD_BYTES = 65536
HEADER_COUNT = 100
WS_MESSAGE_BYTES = 1024 * 1024
WS_PING_INTERVAL_S = 20.0


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Limits of heads and of WebSockets."""

    url_bytes: Annotated[
        int,
        Parameter(
            name="--max-url",
            converter=read_size,
            validator=check_positive,
            help="Longest URL of an HTTP request, such as 16K; a longer one is 414.",
        ),
    ] = URL_BYTES
    head_bytes: Annotated[
        int,
        Parameter(
            name="--max-head",
            converter=read_size,
            validator=check_positive,
            help="Longest request line and headers together, such as 64K; longer ones are 431.",
        ),
    ] = HEAD_BYTES
    header_count: Annotated[
        int,
        Parameter(
            name="--max-headers",
            validator=check_positive,
            help="Headers that an HTTP request may have; one with more is 431.",
        ),
    ] = HEADER_COUNT
    ws_message_bytes: Annotated[
        int,
        Parameter(
            name="--ws-max-size",
            converter=read_size,
            validator=check_positive,
            help="Longest message of a WebSocket, such as 16M; a longer one closes it with code 1009.",
        ),
    ] = WS_MESSAGE_BYTES
    ws_ping_interval_s: Annotated[
        float,
        Parameter(
            name="--ws-ping-interval",
            validator=check_not_negative,
            help="Seconds of silence after which a WebSocket is pinged, and for its answer; 0 for no pings.",
        ),
    ] = WS_PING_INTERVAL_S
    ws_compression: Annotated[
        bool,
        Parameter(
            name="--ws-per-message-deflate",
            negative="",
            help="Compress WebSockets' messages for clients that can (RFC 7692).",
        ),
    ] = False
