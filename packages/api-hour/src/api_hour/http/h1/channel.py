"""The bytes of a connection of HTTP/1.1 after a change of protocol."""

from api_hour.http.transport.reading import SUCCESSOR, Reading
from api_hour.http.transport.writer import Writer


class H1Channel:
    """A channel: see `Channel`.

    Args:
        writer: sends.
        reading: whether the client is read from.
    """

    __slots__ = ("_reading", "_writer")

    def __init__(self, writer: Writer, reading: Reading) -> None:
        self._writer = writer
        self._reading = reading

    def write(self, data: bytes) -> None:
        """Send bytes as they are, if the client is there."""
        if data and not self._writer.is_lost:
            self._writer.send_now(data)

    def hold(self) -> None:
        """Do not read from the client."""
        self._reading.hold(SUCCESSOR)

    def read_on(self) -> None:
        """Read from the client again."""
        self._reading.let_go(SUCCESSOR)
