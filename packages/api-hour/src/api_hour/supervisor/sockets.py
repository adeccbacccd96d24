"""The listening sockets of a daemon: bound once by the supervisor, inherited by every worker."""

import errno
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from api_hour.config import Bind, TcpBind, UnixBind
from api_hour.errors import StartError
from api_hour.supervisor.handover import Ownership

UNIX_SOCKET_MODE = 0o666  # a proxy under another user may connect; restrict it by the directory's mode


@contextmanager
def bound_sockets(
    binds: Sequence[Bind],
    backlog: int,
    inherited: Mapping[str, socket.socket] | None = None,
    files: Ownership | None = None,
    *,
    option: str = "--bind",
) -> Iterator[list[socket.socket]]:
    """Listen on every address, and close all of them afterwards; socket files are removed.

    Args:
        binds: the addresses.
        backlog: connections that may wait to be accepted, for each address.
        inherited: sockets that listen already, by address; those that are not needed are closed.
        files: whether the socket files are removed, looked at when they would be.
        option: what the addresses come from, for messages.

    Raises:
        StartError: an address cannot be listened on; those before it are released.
    """
    listeners: list[socket.socket] = []
    socket_files: list[tuple[str, int]] = []
    left = dict(inherited or {})
    try:
        for bind in binds:
            try:
                listener = left.pop(str(bind), None)
                listeners.append(_listen(bind, backlog) if listener is None else _listen_on(listener, backlog))
            except (OSError, UnicodeError) as error:  # UnicodeError: no such host name is possible
                raise StartError(f"{option} {bind}: {_explain(error, bind)}") from error
            if isinstance(bind, UnixBind):
                with suppress(FileNotFoundError):  # somebody has removed the file of an inherited socket
                    socket_files.append((bind.path, Path(bind.path).stat().st_ino))
        while left:
            left.popitem()[1].close()
        yield listeners
    finally:
        for listener in (*listeners, *left.values()):
            listener.close()
        if files is None or files.is_ours:
            for path, inode in socket_files:
                _remove_own(path, inode)


def describe_address(listener: socket.socket) -> str:
    """Return the address that `listener` is bound to, as `--bind` writes it."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return str(TcpBind(host=host, port=port))


def _listen(bind: Bind, backlog: int) -> socket.socket:
    if isinstance(bind, UnixBind):
        _remove_stale(bind.path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address: object = bind.path
    else:
        family, _, _, _, address = socket.getaddrinfo(
            bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)  # type: ignore[arg-type]  # getaddrinfo's address is of the family's own form
        if isinstance(bind, UnixBind):
            Path(bind.path).chmod(UNIX_SOCKET_MODE)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _listen_on(listener: socket.socket, backlog: int) -> socket.socket:
    listener.setblocking(False)
    listener.listen(backlog)
    return listener


def _remove_stale(path: str) -> None:
    """Remove a socket file that nobody listens on any more; leave everything else to `bind` to refuse."""
    try:
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        if probe.connect_ex(path) == errno.ECONNREFUSED:
            Path(path).unlink(missing_ok=True)


def _remove_own(path: str, inode: int) -> None:
    with suppress(FileNotFoundError):
        if Path(path).stat().st_ino == inode:
            Path(path).unlink()


def _explain(error: OSError | UnicodeError, bind: Bind) -> str:
    if isinstance(error, UnicodeError):
        return f"{error}."
    if error.errno == errno.EADDRINUSE:
        if isinstance(bind, UnixBind) and not Path(bind.path).is_socket():
            return "a file that is no socket is there already; remove it or choose another path."
        return "another process listens there already; stop it or choose another address."
    if error.errno == errno.EACCES:
        return "permission denied; a port below 1024 or this directory needs more rights."
    return f"{error.strerror or error}."
