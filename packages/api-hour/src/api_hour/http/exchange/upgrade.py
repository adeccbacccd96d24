"""A change of protocol (RFC 9110, 7.8): what takes over a connection, and what it is given for that."""

from typing import Protocol


class Channel(Protocol):
    """The bytes of one client, for a successor."""

    def write(self, data: bytes) -> None:
        """Send bytes as they are, if the client is there."""

    def hold(self) -> None:
        """Do not read from the client: the successor has much to do, or what it says is not read."""

    def read_on(self) -> None:
        """Read from the client again."""


class Successor(Protocol):
    """The protocol that a connection speaks after an upgrade."""

    def take_over(self, channel: Channel) -> None:
        """Take the connection."""

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""

    def heed_reader(self) -> None:
        """Take note that the client does not read what was sent, or reads it again."""

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when a deadline has passed, in the loop's time."""

    def begin_shutdown(self) -> None:
        """Tell the client that the connection ends, and end it."""
