"""The files of unix sockets: how they are made, and who removes them.

Rule that must hold: a socket file is removed by the supervisor that serves it last, and by no other.
"""

import errno
import os
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from api_hour.config import UnixBind
from api_hour.config.address_options import UNIX_SOCKET_MODE
from api_hour.process.privileges import Identity


@dataclass(slots=True)
class Ownership:
    """Whether this supervisor removes the socket files when it ends."""

    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketFiles:
    """The way in which files of unix sockets are made, and whether they are removed at the end.

    Attributes:
        mode: their mode.
        owner: their owner; None for the user of this process.
        ownership: looked at when they would be removed; None to remove them.
    """

    mode: int = UNIX_SOCKET_MODE
    owner: Identity | None = None
    ownership: Ownership | None = None

    def set_rights(self, path: str) -> None:
        """Give a socket file its mode and owner; nobody can connect before `listen`."""
        Path(path).chmod(self.mode)
        if self.owner is not None:
            os.chown(path, self.owner.uid, self.owner.gid)


def remove_stale(bind: UnixBind) -> None:
    """Remove a socket file that nobody listens on any more; leave everything else to `bind` to refuse."""
    path = Path(bind.path)
    try:
        if bind.is_abstract or not stat.S_ISSOCK(path.stat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(bind.path) == errno.ECONNREFUSED:
            path.unlink(missing_ok=True)


def remove_own(path: str, inode: int) -> None:
    """Remove a socket file, unless another has taken its place."""
    with suppress(FileNotFoundError):
        if Path(path).stat().st_ino == inode:
            Path(path).unlink()
