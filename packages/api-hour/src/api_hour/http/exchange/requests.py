"""The requests of a connection, as an exchange sees them: what comes before it, and what follows."""

from typing import Protocol

from api_hour.http.exchange.upgrade import Successor
from api_hour.http.message.request import Request


class Requests(Protocol):
    """The source of a connection's requests."""

    def keeps_alive(self, request: Request) -> bool:
        """Tell whether the connection stays open after the answer to a request."""

    def end_exchange(self, request: Request) -> None:
        """Decide what becomes of the connection after the answer to a request, whole or not."""

    def resume(self) -> None:
        """Go on with what has come, if it is its turn."""

    def resume_soon(self) -> None:
        """Go on with what has come when others have had their turn."""

    def take_over(self, successor: Successor) -> None:
        """Give all that comes from now on to another protocol."""

    def cut(self) -> None:
        """End the connection at once."""
