"""The fields of an answer that are the server's to write, as an application says them (RFC 9110, 8.6; RFC 9112, 9).

Applications say them all the same: Django's CommonMiddleware and Quart send `Content-Length: 0` with every 204. Rule
that must hold: no answer is lost for what the server knows better. It is heard where it can be, and dropped where not.
Pure: no clock, no socket.
"""

import logging
from functools import cache

LOG = logging.getLogger("api_hour.http")

SERVER_FIELDS = frozenset({b"connection", b"content-length", b"date", b"transfer-encoding"})

_LENGTH_DIGITS = 18


class ServerFields:
    """The server's own fields as one answer gives them.

    Args:
        status: the answer's.
        length_bytes: the length that it has said so far.

    Attributes:
        length_bytes: the length of its body; None when it says none that can be.
        closes: whether the connection is to be closed after it.
        date: the value of its own Date; None for the server's.
    """

    __slots__ = ("_status", "_was_length_wrong", "closes", "date", "length_bytes")

    def __init__(self, status: int, length_bytes: int | None = None) -> None:
        self._status = status
        self._was_length_wrong = False
        self.length_bytes = length_bytes
        self.closes = False
        self.date: bytes | None = None

    def note(self, name: bytes, value: bytes) -> None:
        """Take in one of `SERVER_FIELDS`, its name in lower case."""
        if name == b"content-length":
            self._note_length(value)
        elif name == b"connection":
            self.closes = self.closes or b"close" in [option.strip(b" \t") for option in value.lower().split(b",")]
        elif name == b"date":
            self.date = self.date or value
        else:
            _say_dropped("Transfer-Encoding", "how an answer is sent is the server's to decide")

    def _note_length(self, value: bytes) -> None:
        length_bytes = read_length(value)
        if self._status < 200 or self._status in (204, 205) or (self._status == 304 and not length_bytes):
            _say_dropped("Content-Length", f"an answer with status {self._status} has none of {value!r}")
        elif length_bytes is None:
            self._was_length_wrong = True
        elif self.length_bytes not in (None, length_bytes):
            self._was_length_wrong = True
            _say_dropped("Content-Length", "there are two that differ")
        else:
            self.length_bytes = length_bytes
        if self._was_length_wrong:
            self.length_bytes = None


def read_length(value: bytes) -> int | None:
    """Return the length that a Content-Length says; None when it says none."""
    if value.isdigit() and len(value) <= _LENGTH_DIGITS:
        return int(value)
    _say_dropped("Content-Length", f"{value!r} is no length in bytes")
    return None


@cache
def _say_dropped(field: str, why: str) -> None:
    """Say it once in the log: it concerns who writes the application, not who runs it."""
    LOG.debug("%s of an answer is left out: %s", field, why)
