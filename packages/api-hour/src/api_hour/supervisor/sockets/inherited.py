"""Sockets that others have opened: a predecessor's, descriptors by number, and the service manager's.

A predecessor says with API_HOUR_LISTENERS which it hands over: a JSON object from each name to its descriptor.

The service manager says with LISTEN_PID and LISTEN_FDS which process it gives how many, from descriptor 3 on
(sd_listen_fds(3)). They are served beside the addresses of `--bind`, and no worker sees these variables.
"""

import fcntl
import json
import os
import socket
from collections.abc import MutableMapping
from contextlib import ExitStack

from api_hour.errors import StartError
from api_hour.process.standard_descriptors import STANDARD, hold_standard_descriptors

LISTENERS_VARIABLE = "API_HOUR_LISTENERS"
FIRST_SYSTEMD_FD = 3
SYSTEMD_PREFIX = "systemd:"  # of the names of these sockets; no --bind is written so
SYSTEMD_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def inherited_listeners() -> dict[str, socket.socket]:
    """Return the sockets inherited from a predecessor, by their `--bind` address; each call but the first: none.

    They are not inherited further, unless somebody passes them on.
    """
    listeners = {}
    for bind, fd in json.loads(os.environ.pop(LISTENERS_VARIABLE, "{}")).items():
        os.set_inheritable(fd, False)
        listeners[bind] = socket.socket(fileno=fd)
    return listeners


def adopt_fd(fd: int) -> socket.socket:
    """Return the socket behind a descriptor, which is ours to close from now on, and not inherited further.

    Raises:
        OSError: it is not open, or no socket that could be served; the message is in `strerror`.
    """
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        raise OSError(error.errno, "expected the descriptor of an open socket") from error
    if sock.type not in {socket.SOCK_STREAM, socket.SOCK_DGRAM}:
        sock.detach()
        raise OSError(0, "expected a stream or datagram socket")
    os.set_inheritable(fd, False)
    return _off_standard(sock)


def _off_standard(sock: socket.socket) -> socket.socket:
    """Return the socket with a descriptor of its own, if it has one of those that every process prints to."""
    if sock.fileno() not in STANDARD:
        return sock
    with sock:
        moved = socket.socket(fileno=fcntl.fcntl(sock, fcntl.F_DUPFD_CLOEXEC, FIRST_SYSTEMD_FD))
    hold_standard_descriptors()
    return moved


def systemd_sockets(environment: MutableMapping[str, str], pid: int) -> dict[str, socket.socket]:
    """Return the sockets that the service manager gives to this process, by name; its variables are removed.

    Args:
        environment: this process's environment variables.
        pid: this process's id.

    Raises:
        StartError: it says something that cannot be.
    """
    receiver, count, _ = (environment.pop(name, None) for name in SYSTEMD_VARIABLES)
    if count is None or receiver != str(pid):
        return {}
    if not count.isdecimal():
        raise StartError(f"LISTEN_FDS: expected a number of descriptors from the service manager; got {count!r}.")
    with ExitStack() as undo:
        sockets = {}
        for fd in range(FIRST_SYSTEMD_FD, FIRST_SYSTEMD_FD + int(count)):
            try:
                sockets[f"{SYSTEMD_PREFIX}{fd}"] = undo.enter_context(adopt_fd(fd))
            except OSError as error:
                raise StartError(f"LISTEN_FDS: descriptor {fd}: {error.strerror}.") from error
        undo.pop_all()
    return sockets
