"""The address of a listening socket, as messages of either process name it."""

import os
import socket

from api_hour.config import TcpBind, UdpBind


def describe_address(sock: socket.socket) -> str:
    """Return the address that a socket is bound to, as `--bind` writes it."""
    address = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        path = os.fsdecode(address)
        return f"unix:@{path[1:]}" if path.startswith("\0") else f"unix:{path or '(unnamed)'}"
    host, port = address[:2]
    bind = UdpBind if sock.type == socket.SOCK_DGRAM else TcpBind
    return str(bind(host=host, port=port))
