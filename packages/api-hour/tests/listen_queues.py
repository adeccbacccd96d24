"""How many connections may wait on each listening socket: the kernel's word, by sock_diag, as `ss` asks for it."""

import socket
import struct
from collections.abc import Iterator

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
REQUEST_AND_DUMP = 0x301
NLMSG_DONE = 3
LISTEN = 10
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
UNIX_NAME, UNIX_QUEUES = 0, 4  # attributes
SHOW_NAME_AND_QUEUES = 0x11


def backlog_of_port(port: int) -> int:
    """Return the backlog of an IPv4 port of TCP."""
    request = struct.pack("=BBBxI48x", socket.AF_INET, socket.IPPROTO_TCP, 0, 1 << LISTEN)
    for answer in _ask(request):
        if struct.unpack_from("!H", answer, 4)[0] == port:
            return int(struct.unpack_from("=I", answer, 60)[0])
    raise LookupError(f"nobody listens on {port}")


def backlog_of_path(path: str) -> int:
    """Return the backlog of a unix socket, by the path that it was bound to."""
    request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 1 << LISTEN, 0, SHOW_NAME_AND_QUEUES, 0, 0)
    for answer in _ask(request):
        attributes = dict(_attributes(answer[16:]))
        if attributes.get(UNIX_NAME, b"").rstrip(b"\0") == path.encode():
            return int(struct.unpack("=II", attributes[UNIX_QUEUES])[1])
    raise LookupError(f"nobody listens on {path}")


def _ask(request: bytes) -> Iterator[bytes]:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as netlink:
        header = HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, REQUEST_AND_DUMP, 1, 0)
        netlink.send(header + request)
        while True:
            data = netlink.recv(1 << 20)
            while data:
                length, kind, *_ = HEADER.unpack_from(data)
                if kind != SOCK_DIAG_BY_FAMILY:
                    assert kind == NLMSG_DONE, data
                    return
                yield data[HEADER.size : length]
                data = data[length:]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        length, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:length]
        data = data[(length + 3) & ~3 :]
