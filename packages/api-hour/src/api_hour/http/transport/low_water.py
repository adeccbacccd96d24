"""Let the kernel gather what a slow client sends until it can matter (SO_RCVLOWAT, socket(7)).

A client that sends a byte a second would wake the worker for each; a thousand of them at the same moment would keep
everybody else waiting. Rule that must hold: what is gathered could not have been answered.
"""

import socket
from asyncio import BaseTransport

SMALL_BYTES = 16  # a piece of this size is not a whole request: those that send such are slow
GATHERED_BYTES = 512  # at the most

_LINE_END = b"\r\n"
_HEAD_END = b"\r\n\r\n"


def bytes_to_head_end(beginning: bytes | bytearray) -> int:
    """Return how many bytes must at least come before an unfinished head can be answered.

    A request line can be refused when it is whole: what is no HTTP may have nothing after it.
    """
    if beginning.find(_LINE_END) < 0:
        return 1 if beginning.endswith(_LINE_END[:1]) else 2
    return next(4 - length for length in (3, 2, 1, 0) if beginning.endswith(_HEAD_END[:length]))


def bytes_to_body_end(missing_bytes: int) -> int:
    """Return how many bytes of a body may be gathered, of which nobody wants a part."""
    return max(1, min(missing_bytes, GATHERED_BYTES))


class LowWater:
    """The number of bytes that must have come before a connection is read from; unix sockets and TLS know no such mark.

    Args:
        transport: the connection's.

    Attributes:
        mark_bytes: so many, or its end.
    """

    __slots__ = ("_transport", "mark_bytes")

    def __init__(self, transport: BaseTransport) -> None:
        self._transport = transport
        self.mark_bytes = 1

    def set(self, mark_bytes: int) -> None:
        """Set the mark."""
        if mark_bytes != self.mark_bytes:
            self.mark_bytes = mark_bytes
            connection = self._transport.get_extra_info("socket")
            if connection is not None and self._transport.get_extra_info("sslcontext") is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, mark_bytes)
