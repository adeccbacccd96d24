"""A server that runs, as its program sees it: where it is."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from api_hour.container import Container

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # and how to reach it from here


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that runs.

    Attributes:
        url: leads to its first address of TCP or unix, without a slash at the end: `http://127.0.0.1:49152`, or
            `https:` with TLS. For a unix socket it is `http://localhost`, for clients that are told the socket besides.
        host: that address; `localhost` for a unix socket.
        port: its port; 0 for a unix socket.
        unix: the path of a unix socket, `@` and a name if it has no file; None for none.
        sockets: the listening sockets, in the order of the addresses; closed when the server has ended.
        container: the Container that is served, or that was made around what is served.
    """

    url: str
    host: str
    port: int
    unix: str | None
    sockets: tuple[socket.socket, ...]
    container: Container

    @classmethod
    def of(cls, sockets: Sequence[socket.socket], *, is_tls: Sequence[bool], container: Container) -> Self:
        """Describe a server by its sockets, of which there is one at least, and which of them have a certificate."""
        number = next((number for number, sock in enumerate(sockets) if sock.type == socket.SOCK_STREAM), 0)
        scheme = "https" if is_tls[number] else "http"
        address = sockets[number].getsockname()
        if sockets[number].family == socket.AF_UNIX:
            unix: str | None = os.fsdecode(address).replace("\0", "@", 1)
            host, port, url_host = "localhost", 0, "localhost"
        else:
            host, port = address[:2]
            unix = None
            reached_at = EVERY_ADDRESS.get(host, host)
            url_host = f"[{reached_at}]:{port}" if ":" in reached_at else f"{reached_at}:{port}"
        return cls(
            url=f"{scheme}://{url_host}", host=host, port=port, unix=unix, sockets=tuple(sockets), container=container
        )
