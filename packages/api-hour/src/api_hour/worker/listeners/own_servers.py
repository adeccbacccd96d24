"""Servers that a Container started itself, with `async def make_servers(self, sockets)`.

Their connections are known as far as the handler says: an HttpServer and aiohttp's Server list theirs in `connections`.
Connections of other handlers are told by `container.retiring` alone, and end with the worker at the latest.
"""

from collections.abc import Mapping
from typing import Any

from api_hour.worker.listeners.endings import (
    AT_ONCE_S,
    Ending,
    begin_drain,
    end_stream,
    has_shutdown,
    shut_down,
    works_of,
)


class OwnServers:
    """The servers of one Container, and the handlers of their connections.

    Args:
        servers: what `make_servers` returned.
    """

    def __init__(self, servers: Mapping[Any, Any]) -> None:
        self._servers = list(servers)
        self._handlers = list({id(handler): handler for handler in servers.values()}.values())

    def close(self) -> None:
        """Accept no more."""
        for server in self._servers:
            server.close()

    def count(self) -> int:
        """Return how many connections are known to be open."""
        return len(self._protocols())

    def works(self) -> list[Any]:
        """Return what is known to be done still for their requests, whatever has become of its connection."""
        return works_of(self._handlers)

    def begin_drain(self) -> None:
        """Tell the connections that their worker retires."""
        for protocol in self._protocols():
            begin_drain(protocol)

    def end_streams(self) -> None:
        """End the answers that may have no end of their own."""
        for protocol in self._protocols():
            end_stream(protocol)

    def begin_end(self, timeout_s: float) -> list[Ending]:
        """Ask the connections to finish, and return what is to be awaited for them.

        A handler that knows `shutdown(timeout)` asks its own.
        """
        for protocol in self._protocols():
            if hasattr(protocol, "begin_shutdown"):
                protocol.begin_shutdown()
        return [shut_down(handler, timeout_s) for handler in self._handlers if has_shutdown(handler)]

    def cut(self) -> list[Ending]:
        """End the connections that are known, at once, and return what is to be awaited for them."""
        for protocol in self._protocols():
            if hasattr(protocol, "abort"):
                protocol.abort()
        return [shut_down(handler, AT_ONCE_S) for handler in self._handlers if has_shutdown(handler)]

    def _protocols(self) -> list[Any]:
        return [protocol for handler in self._handlers for protocol in getattr(handler, "connections", ())]
