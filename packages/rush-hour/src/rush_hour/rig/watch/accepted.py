"""Accepted connections of processes on this machine, from proc(5): which process holds which.

A process has its sockets in /proc/PID/fd by their inodes; /proc/PID/net says what each of them is connected to. Each
table is read once, however many processes there are. (psutil reads them anew for each process, or names one holder of a
socket that several hold.)
"""

import os
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from rush_hour.load.share import HostAndPort

Ends = tuple[str, str]  # of a connection: this one and the other, as /proc/net/tcp has them

_ACCEPTS, _STREAM, _CONNECTED = 0x10000, "0001", "03"  # of /proc/net/unix: a flag, a type, a state


def socket_inodes(process_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the sockets of each process, by their inodes; of those that may be looked at, and are there."""
    found: dict[int, set[int]] = {}
    for process_id in process_ids:
        try:
            found[process_id] = set(_sockets_of(process_id))
        except OSError:
            continue  # it is gone, or another user's
    return found


def _sockets_of(process_id: int) -> Iterator[int]:
    directory = f"/proc/{process_id}/fd"  # texts: a Path for each of ten thousand takes longer than the system's calls
    for name in os.listdir(directory):  # noqa: PTH208
        try:
            target = os.readlink(f"{directory}/{name}")  # noqa: PTH115
        except FileNotFoundError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            yield int(target[8:-1])


def single_holders(sockets: Mapping[int, set[int]]) -> dict[int, int]:
    """Return the process that holds each socket; sockets that several hold are left out. Pure."""
    holders: dict[int, int] = {}
    shared: set[int] = set()
    for process_id, inodes in sockets.items():
        shared |= inodes & holders.keys()
        holders |= dict.fromkeys(inodes, process_id)
    return {inode: process_id for inode, process_id in holders.items() if inode not in shared}


def tcp_inodes(process_id: int) -> dict[Ends, int]:
    """Return the inode of each TCP connection in a process's network, by its ends; none where that is not known."""
    found: dict[Ends, int] = {}
    for name in ("tcp", "tcp6"):
        for line in _lines(process_id, name):
            _, own, peer, _, _, _, _, _, _, inode, *_ = line.split()
            if inode != "0":
                found[_plain(own), _plain(peer)] = int(inode)
    return found


def accepted_unix_inodes(process_id: int) -> set[int]:
    """Return the inodes of the accepted connections to unix sockets with a path; none where that is not known."""
    found: set[int] = set()
    for line in _lines(process_id, "unix"):
        _, _, _, flags, kind, state, inode, *path = line.split(maxsplit=7)
        if path and (kind, state) == (_STREAM, _CONNECTED) and not int(flags, 16) & _ACCEPTS:
            found.add(int(inode))
    return found


def end_of(address: HostAndPort) -> str:
    """Return one end of a connection as /proc/net/tcp has it."""
    host, port = address
    return _plain(f"{_host(host)}:{port:04X}")


@lru_cache
def _host(host: str) -> str:
    """Return an address in hexadecimal: each of its words is in the machine's order of bytes."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    return "".join(f"{int.from_bytes(packed[at : at + 4], sys.byteorder):08X}" for at in range(0, len(packed), 4))


_MAPPED = _host("::ffff:0.0.0.0")[:24]  # what is before an IPv4 address in IPv6


def _plain(end: str) -> str:
    """Return an end with an IPv4 address as such: a server that listens for both kinds has it mapped into IPv6."""
    return end.removeprefix(_MAPPED)


def _lines(process_id: int, name: str) -> list[str]:
    try:
        table = Path(f"/proc/{process_id}/net/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []  # it is gone, or the kernel has no IPv6
    return table.splitlines()[1:]
