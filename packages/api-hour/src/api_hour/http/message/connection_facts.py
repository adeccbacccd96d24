"""What a request may ask of the connection that it came on."""

from typing import Protocol

from api_hour.http.message.request import Request


class ConnectionFacts(Protocol):
    """One connection, as its requests see it."""

    is_draining: bool
    is_client_gone: bool

    def client_of(self, request: Request) -> tuple[str, int] | None:
        """Return address and port of the client of `request`."""

    def scheme_of(self, request: Request) -> str:
        """Return `http` or `https`."""

    async def wait_draining(self) -> None:
        """Wait until the worker is to end soon."""
