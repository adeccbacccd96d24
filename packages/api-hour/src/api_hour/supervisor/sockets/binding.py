"""The sockets of a daemon: bound once by the supervisor, inherited by every worker.

They come from four places: bound here for a `--bind`, opened by whoever started the daemon and named by `fd://N`,
given by the service manager, or taken over from a predecessor (`inherited.py`).

`localhost` has two addresses, so it is two sockets, which are served alike: twins. The second ones come last, so that
what is said of the n-th address is of the n-th socket.

A UDP address is one socket that all workers share: the kernel gives each datagram to one of them, and none is lost when
a worker is replaced. With a socket for each worker (SO_REUSEPORT) the datagrams that wait in a worker's own would be
lost with it, and every reload would send clients to other workers.
"""

import errno
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from api_hour.config import Bind, FdBind, TcpBind, UdpBind, UnixBind
from api_hour.config.binds import DEFAULT_BIND, leaves_ipv4_to_others, localhost_pair, name_binds
from api_hour.errors import StartError
from api_hour.supervisor.sockets.files import SocketFiles, remove_own, remove_stale
from api_hour.supervisor.sockets.inherited import SYSTEMD_PREFIX, adopt_fd

TWIN_SUFFIX = " over IPv6"  # of the name of a twin; no --bind is written so
NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
PORT_TRIES = 10  # for a port that is free on both addresses


@contextmanager
def bound_sockets(
    binds: Sequence[Bind],
    backlog: int,
    inherited: Mapping[str, socket.socket] | None = None,
    files: SocketFiles | None = None,
    *,
    option: str = "--bind",
    with_twins: bool = True,
) -> Iterator[dict[str, socket.socket]]:
    """Open every address, and close all of them afterwards; socket files are removed.

    Gives the sockets by name (`name_binds`), those of `binds` in their order, then the service manager's, then twins.

    Args:
        binds: the addresses; if there are none and the service manager gives nothing, `DEFAULT_BIND`.
        backlog: connections that may wait to be accepted, for each address.
        inherited: sockets that are open already, by name; those that are not needed are closed.
        files: how to make and remove socket files.
        option: what the addresses come from, for messages.
        with_twins: whether `localhost` is all of its addresses.

    Raises:
        StartError: an address cannot be listened on; those before it are released.
    """
    files = files or SocketFiles()
    opening = _Opening(backlog, files, dict(inherited or {}), option)
    try:
        given = opening.take_given()
        wanted = binds or (() if given else (DEFAULT_BIND,))
        names = name_binds(wanted)
        for bind, name in zip(wanted, names, strict=True):
            opening.open(bind, name, is_ipv6_alone=leaves_ipv4_to_others(bind, wanted), with_twin=with_twins)
        opening.begin(given)
        opening.close_left()
        yield opening.in_order([*names, *given])
    finally:
        opening.close()


class _Opening:
    """The sockets that are being opened, by name, and what is left of those that were inherited."""

    def __init__(self, backlog: int, files: SocketFiles, left: dict[str, socket.socket], option: str) -> None:
        self._backlog = backlog
        self._files = files
        self._left = left
        self._option = option
        self._sockets: dict[str, socket.socket] = {}
        self._socket_files: list[tuple[str, int]] = []

    def take_given(self) -> list[str]:
        """Take the service manager's sockets, and return their names."""
        given = [name for name in self._left if name.startswith(SYSTEMD_PREFIX)]
        self._sockets |= {name: self._left.pop(name) for name in given}
        return given

    def open(self, bind: Bind, name: str, *, is_ipv6_alone: bool, with_twin: bool) -> None:
        """Open an address, or take it as it was inherited; with its twin, if it has one."""
        pair = localhost_pair(bind) if with_twin else None
        with _explained(f"{self._option} {bind}", bind):
            if name in self._left:
                self._sockets[name] = self._left.pop(name)
                _begin(self._sockets[name], self._backlog)
            elif pair is None:
                self._sockets[name] = _open(bind, self._backlog, self._files, is_ipv6_alone=is_ipv6_alone)
            else:
                first, second = _open_pair(*pair, self._backlog, self._files)
                self._sockets[name] = first
                if second is not None:
                    self._sockets[name + TWIN_SUFFIX] = second
            if name + TWIN_SUFFIX in self._left:
                self._sockets[name + TWIN_SUFFIX] = self._left.pop(name + TWIN_SUFFIX)
                _begin(self._sockets[name + TWIN_SUFFIX], self._backlog)
        if isinstance(bind, UnixBind) and not bind.is_abstract:
            with suppress(FileNotFoundError):  # somebody has removed the file of an inherited socket
                self._socket_files.append((bind.path, Path(bind.path).stat().st_ino))

    def begin(self, names: Iterable[str]) -> None:
        """Listen on sockets that somebody else has opened."""
        for name in names:
            with _explained(name):
                _begin(self._sockets[name], self._backlog)

    def in_order(self, names: Iterable[str]) -> dict[str, socket.socket]:
        """Return the sockets: these first, then their twins."""
        first = {name: self._sockets[name] for name in names}
        return first | self._sockets

    def close_left(self) -> None:
        """Close what was inherited and is not needed."""
        while self._left:
            self._left.popitem()[1].close()

    def close(self) -> None:
        """Close all, and remove the socket files that are ours."""
        self.close_left()
        for sock in self._sockets.values():
            sock.close()
        if self._files.ownership is None or self._files.ownership.is_ours:
            for path, inode in self._socket_files:
                remove_own(path, inode)


def twins_of(names: Iterable[str]) -> tuple[int, ...]:
    """Return which socket each of the last ones is served like: its number, for every name of a twin."""
    numbers = {name: number for number, name in enumerate(names)}
    return tuple(numbers[name.removesuffix(TWIN_SUFFIX)] for name in numbers if name.endswith(TWIN_SUFFIX))


def _open_pair(
    bind: TcpBind | UdpBind, twin: TcpBind | UdpBind, backlog: int, files: SocketFiles
) -> tuple[socket.socket, socket.socket | None]:
    """Open both addresses of `localhost` on the same port; None for the one of IPv6 where there is none."""
    tries = 1 if bind.port else PORT_TRIES  # the port that the kernel chooses for one may be taken on the other
    while True:
        first = _open(bind, backlog, files)
        try:
            return first, _open(replace(twin, port=first.getsockname()[1]), backlog, files)
        except OSError as error:
            if error.errno in NO_SUCH_ADDRESS:
                return first, None
            first.close()
            tries -= 1
            if tries == 0 or error.errno != errno.EADDRINUSE:
                raise


def _open(bind: Bind, backlog: int, files: SocketFiles, *, is_ipv6_alone: bool = False) -> socket.socket:
    match bind:
        case FdBind(fd=fd):
            sock = adopt_fd(fd)
            _begin(sock, backlog)
            return sock
        case UnixBind():
            remove_stale(bind)
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            address: object = "\0" + bind.path[1:] if bind.is_abstract else bind.path
        case TcpBind(host=host, port=port) | UdpBind(host=host, port=port):
            kind = socket.SOCK_DGRAM if isinstance(bind, UdpBind) else socket.SOCK_STREAM
            family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
            sock = socket.socket(family, kind)
            if is_ipv6_alone:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:  # with datagrams it would let two daemons share an address
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)  # type: ignore[arg-type]  # the address is of the family's own form
        if isinstance(bind, UnixBind) and not bind.is_abstract:
            files.set_rights(bind.path)
        _begin(sock, backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _begin(sock: socket.socket, backlog: int) -> None:
    sock.setblocking(False)
    if sock.type == socket.SOCK_STREAM:
        sock.listen(backlog)


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
