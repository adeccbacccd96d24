"""Listening TCP sockets of this machine as the kernel sees them: their accept queues, and what was dropped.

By netlink's sock_diag(7), as `ss -lntm` does. A unix socket has no such counter: who connects to a full one is told so.
"""

import socket
import struct
from dataclasses import dataclass
from pathlib import Path

NETSTAT = Path("/proc/net/netstat")

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY, _NLMSG_ERROR, _NLMSG_DONE = 20, 2, 3
_DUMP = 0x1 | 0x300  # NLM_F_REQUEST | NLM_F_DUMP
_LISTEN = 1 << 10  # TCP_LISTEN
_MEMORY = 7  # INET_DIAG_SKMEMINFO
_DROPS = 8  # its SK_MEMINFO_DROPS
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_REQUEST = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2, for any address
_MESSAGE = struct.Struct("=BBBB2s2s16s16sI8sIIIII")  # struct inet_diag_msg
_ATTRIBUTE = struct.Struct("=HH")
_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listening socket.

    Attributes:
        waiting: connections that wait to be accepted.
        backlog: how many may.
        drops: packets that were dropped since it listens: of connections for which the queue had no room, and some
            that did not belong to any connection.
    """

    inode: int
    host: str
    port: int
    waiting: int
    backlog: int
    drops: int


def read_listeners() -> dict[int, Listener]:
    """Return the listening sockets of this network namespace by their inode.

    Raises:
        OSError: the kernel does not tell.
    """
    found: dict[int, Listener] = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as diag:
        for family in (socket.AF_INET, socket.AF_INET6):
            request = _REQUEST.pack(family, socket.IPPROTO_TCP, 1 << (_MEMORY - 1), _LISTEN)
            diag.send(_HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _DUMP, 0, 0) + request)
            while True:
                is_done, listeners = _parse(diag.recv(_READ_BYTES))
                found |= {listener.inode: listener for listener in listeners}
                if is_done:
                    break
    return found


def _parse(data: bytes) -> tuple[bool, list[Listener]]:
    """Return the sockets of a part of the answer, and whether it is the last."""
    listeners: list[Listener] = []
    while data:
        length, kind, *_ = _HEADER.unpack_from(data)
        if kind == _NLMSG_DONE:
            return True, listeners
        if kind == _NLMSG_ERROR:
            code = -struct.unpack_from("=i", data, _HEADER.size)[0]
            raise OSError(code, "sock_diag failed")
        listeners.append(_listener(data[_HEADER.size : length]))
        data = data[(length + 3) & ~3 :]
    return False, listeners


def _listener(message: bytes) -> Listener:
    family, _, _, _, port, _, address, _, _, _, _, waiting, backlog, _, inode = _MESSAGE.unpack_from(message)
    return Listener(
        inode=inode,
        host=socket.inet_ntop(family, address[: 4 if family == socket.AF_INET else 16]),
        port=int.from_bytes(port),
        waiting=waiting,
        backlog=backlog,
        drops=_drops(message[_MESSAGE.size :]),
    )


def _drops(attributes: bytes) -> int:
    while attributes:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if kind == _MEMORY:
            return int(struct.unpack_from("=I", attributes, _ATTRIBUTE.size + 4 * _DROPS)[0])
        attributes = attributes[(length + 3) & ~3 :]
    raise OSError("sock_diag tells of no drops")


def overflows_of_all() -> int | None:
    """Return how often accept queues of this network namespace had no room; None where the kernel does not say."""
    try:
        names, values = [line.split() for line in NETSTAT.read_text().splitlines() if line.startswith("TcpExt:")]
    except (OSError, ValueError):
        return None
    counts = dict(zip(names, values, strict=True))
    return int(counts["ListenOverflows"]) if "ListenOverflows" in counts else None
