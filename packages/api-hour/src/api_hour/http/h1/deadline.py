"""Until when something of a connection is to come, in the loop's time."""

from api_hour.http.exchange.server_state import ServerState


class Deadline:
    """The deadline of one connection for what its client sends.

    Args:
        server: its clock counts.

    Attributes:
        at_s: when it is; 0 for none.
    """

    __slots__ = ("_server", "at_s")

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self.at_s = 0.0

    def set(self, timeout_s: float) -> None:
        """Let it be so much later than now."""
        self.at_s = self._server.now_s + timeout_s

    def has_passed(self, now_s: float) -> bool:
        """Tell whether it has passed; if so, there is none any more."""
        if not 0.0 < self.at_s <= now_s:
            return False
        self.at_s = 0.0
        return True
