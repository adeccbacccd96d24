"""Bytes that came on a connection and wait: the beginning of a head, or requests whose turn it is not."""

from api_hour.http.transport.reading import WAITING, Reading
from api_hour.http.wire.request_head import HEAD_END

WAITING_BYTES = 65536  # of requests that wait for their turn, before the client is not read from


class Backlog:
    """Bytes that wait for their turn.

    Args:
        reading: whether the client is read from.

    Attributes:
        data: the bytes.
        searched_bytes: of them, the beginning of a head that was looked at.
    """

    __slots__ = ("_reading", "data", "searched_bytes")

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.data = bytearray()
        self.searched_bytes = 0

    def add(self, data: bytes, *, is_turn: bool) -> None:
        """Add what came; if it is not its turn and too much waits, the client is not read from."""
        self.data += data
        if len(self.data) > WAITING_BYTES and not is_turn:
            self._reading.hold(WAITING)

    def take(self) -> bytes:
        """Take all of it out."""
        taken = bytes(self.data)
        self.clear()
        return taken

    def clear(self) -> None:
        """Throw all of it away, and read from the client again."""
        self.data.clear()
        self.searched_bytes = 0
        self._reading.let_go(WAITING)

    def may_be_taken(self) -> bool:
        """Tell whether there is a whole head, or an empty line before one."""
        return self.data[0] == 0x0D or self.data.find(HEAD_END, max(self.searched_bytes - 3, 0)) >= 0
