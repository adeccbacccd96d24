"""The sockets of a daemon: bound once by the supervisor, inherited by every worker.

They come from four places: bound here for a `--bind`, opened by whoever started the daemon and named by `fd://N`,
given by the service manager (`inherited.py`), or taken over from a predecessor (`handover.py`).

A UDP address is one socket that all workers share: the kernel gives each datagram to one of them, and none is lost when
a worker is replaced. With a socket for each worker (SO_REUSEPORT) the datagrams that wait in a worker's own would be
lost with it, and every reload would send clients to other workers.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from api_hour.config import Bind, FdBind, TcpBind, UdpBind, UnixBind
from api_hour.config.binds import DEFAULT_BIND, name_binds
from api_hour.config.settings import UNIX_SOCKET_MODE
from api_hour.errors import StartError
from api_hour.privileges import Identity
from api_hour.supervisor.handover import Ownership
from api_hour.supervisor.inherited import SYSTEMD_PREFIX, adopt_fd


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketFiles:
    """How the files of unix sockets are made, and whether they are removed at the end.

    Attributes:
        mode: their mode.
        owner: whom they are given to; None for nobody else.
        ownership: looked at when they would be removed; None to remove them.
    """

    mode: int = UNIX_SOCKET_MODE
    owner: Identity | None = None
    ownership: Ownership | None = None


@contextmanager
def bound_sockets(
    binds: Sequence[Bind],
    backlog: int,
    inherited: Mapping[str, socket.socket] | None = None,
    files: SocketFiles | None = None,
    *,
    option: str = "--bind",
) -> Iterator[dict[str, socket.socket]]:
    """Open every address, and close all of them afterwards; socket files are removed.

    Gives the sockets by name (`name_binds`), those of `binds` in their order, then the service manager's.

    Args:
        binds: the addresses; if there are none and the service manager gives nothing, `DEFAULT_BIND`.
        backlog: connections that may wait to be accepted, for each address.
        inherited: sockets that are open already, by name; those that are not needed are closed.
        files: how to make and remove socket files.
        option: what the addresses come from, for messages.

    Raises:
        StartError: an address cannot be listened on; those before it are released.
    """
    files = files or SocketFiles()
    left = dict(inherited or {})
    given = {name: left.pop(name) for name in list(left) if name.startswith(SYSTEMD_PREFIX)}
    wanted = binds or (() if given else (DEFAULT_BIND,))
    sockets: dict[str, socket.socket] = {}
    socket_files: list[tuple[str, int]] = []
    try:
        for bind, name in zip(wanted, name_binds(wanted), strict=True):
            with _explained(f"{option} {bind}", bind):
                if name in left:
                    sockets[name] = left.pop(name)
                    _begin(sockets[name], backlog)
                else:
                    sockets[name] = _open(bind, backlog, files)
            if isinstance(bind, UnixBind) and not bind.is_abstract:
                with suppress(FileNotFoundError):  # somebody has removed the file of an inherited socket
                    socket_files.append((bind.path, Path(bind.path).stat().st_ino))
        for name in list(given):
            sockets[name] = given.pop(name)
            with _explained(name):
                _begin(sockets[name], backlog)
        while left:
            left.popitem()[1].close()
        yield sockets
    finally:
        for sock in (*sockets.values(), *given.values(), *left.values()):
            sock.close()
        if files.ownership is None or files.ownership.is_ours:
            for path, inode in socket_files:
                _remove_own(path, inode)


def describe_address(sock: socket.socket) -> str:
    """Return the address that a socket is bound to, as `--bind` writes it."""
    address = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        path = os.fsdecode(address)
        return f"unix:@{path[1:]}" if path.startswith("\0") else f"unix:{path or '(unnamed)'}"
    host, port = address[:2]
    bind = UdpBind if sock.type == socket.SOCK_DGRAM else TcpBind
    return str(bind(host=host, port=port))


def _open(bind: Bind, backlog: int, files: SocketFiles) -> socket.socket:
    match bind:
        case FdBind(fd=fd):
            sock = adopt_fd(fd)
            _begin(sock, backlog)
            return sock
        case UnixBind():
            _remove_stale(bind)
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            address: object = "\0" + bind.path[1:] if bind.is_abstract else bind.path
        case TcpBind(host=host, port=port) | UdpBind(host=host, port=port):
            kind = socket.SOCK_DGRAM if isinstance(bind, UdpBind) else socket.SOCK_STREAM
            family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
            sock = socket.socket(family, kind)
            if kind == socket.SOCK_STREAM:  # with datagrams it would let two daemons share an address
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)  # type: ignore[arg-type]  # the address is of the family's own form
        if isinstance(bind, UnixBind) and not bind.is_abstract:
            _set_rights(bind.path, files)
        _begin(sock, backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _begin(sock: socket.socket, backlog: int) -> None:
    sock.setblocking(False)
    if sock.type == socket.SOCK_STREAM:
        sock.listen(backlog)


def _set_rights(path: str, files: SocketFiles) -> None:
    """Give a socket file its mode and owner; nobody can connect before `listen`."""
    Path(path).chmod(files.mode)
    if files.owner is not None:
        os.chown(path, files.owner.uid, files.owner.gid)


def _remove_stale(bind: UnixBind) -> None:
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


def _remove_own(path: str, inode: int) -> None:
    with suppress(FileNotFoundError):
        if Path(path).stat().st_ino == inode:
            Path(path).unlink()


@contextmanager
def _explained(what: str, bind: Bind | None = None) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError) as error:  # UnicodeError: no such host name is possible
        raise StartError(f"{what}: {_explain(error, bind)}") from error


def _explain(error: OSError | UnicodeError, bind: Bind | None) -> str:
    if isinstance(error, UnicodeError):
        return "no host can have this name: between two dots are 1 to 63 characters (RFC 1035, 2.3.4)."
    if error.errno == errno.EADDRINUSE:
        if isinstance(bind, UnixBind) and not bind.is_abstract and not Path(bind.path).is_socket():
            return "a file that is no socket is there already; remove it or choose another path."
        return "another process listens there already; stop it or choose another address."
    if error.errno == errno.EACCES:
        return "permission denied; a port below 1024 or this directory needs more rights."
    return f"{error.strerror or error}."
