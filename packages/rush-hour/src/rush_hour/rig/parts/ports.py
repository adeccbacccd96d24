"""Loopback ports: the one a suite asks for, or a free one when that is taken.

A port that was handed out is kept from other runs on this machine until it is released, by an abstract unix socket
named after it: no file, and gone with the process that holds it.
"""

import socket
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from rush_hour.errors import StartError

HOST = "127.0.0.1"
ATTEMPTS = 50


class Ports:
    """The ports of one system: a context manager that releases them."""

    def __init__(self) -> None:
        self._reservations = ExitStack()

    def __enter__(self) -> Self:
        """Return the ports."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Release all ports."""
        self._reservations.close()

    def take(self, wanted: int) -> int:
        """Return the wanted port, or a free one when something listens there already.

        Raises:
            StartError: no port is free.
        """
        for candidate in (wanted, *([0] * ATTEMPTS)):
            port = _free(candidate)
            if port is not None and self._reserve(port):
                return port
        raise StartError(f"no free port found on {HOST}.")

    def _reserve(self, port: int) -> bool:
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reservation.bind(f"\0rush-hour-port-{port}")
        except OSError:
            reservation.close()
            return False
        self._reservations.enter_context(reservation)
        return True


def _free(port: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        return int(probe.getsockname()[1])
