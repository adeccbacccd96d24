import errno
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rig.deadlines import wait_for

from rush_hour.rig.watch import listening_sockets
from rush_hour.rig.watch.listening_sockets import Listener, overflows_of_all, read_listeners

SS = ["ss", "--listening", "--tcp", "--numeric", "--memory", "--extended"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket on which one connection may wait."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener


def as_seen(listener: socket.socket) -> Listener:
    port = listener.getsockname()[1]
    return next(one for one in read_listeners().values() if one.port == port)


def test_a_socket_is_seen_with_its_queue_and_what_was_dropped(listener: socket.socket) -> None:
    host, port = listener.getsockname()
    seen = as_seen(listener)
    assert seen == Listener(inode=seen.inode, host=host, port=port, waiting=0, backlog=1, drops=0)
    dropped_before = overflows_of_all()

    with ExitStack() as stack:
        for _ in range(5):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            assert client.connect_ex((host, port)) == errno.EINPROGRESS

        wait_for(lambda: as_seen(listener).drops > 0, "a dropped connection")
        seen = as_seen(listener)

    assert seen.waiting == 2  # the kernel's queue takes one more than its length
    dropped = overflows_of_all()
    assert dropped is not None
    assert dropped_before is not None
    assert dropped - dropped_before >= 3


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss is not installed")
def test_a_socket_is_seen_as_ss_sees_it(listener: socket.socket) -> None:
    host, port = listener.getsockname()
    with ExitStack() as stack:
        for _ in range(5):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex((host, port))
        wait_for(lambda: as_seen(listener).drops > 0, "a dropped connection")

        def agree() -> bool:  # clients try again meanwhile
            seen = as_seen(listener)
            told = subprocess.check_output(
                ["ss", "--listening", "--tcp", "--numeric", "--memory", "--extended"], text=True
            )
            [line] = [line for line in told.replace("\n\t", " ").splitlines() if f"{host}:{port} " in line]
            _, waiting, backlog, *_ = line.split()
            inode, drops = re.search(r"ino:(\d+)", line), re.search(r"skmem:\(.*,d(\d+)\)", line)
            assert inode is not None
            assert drops is not None
            expected = (seen.waiting, seen.backlog, seen.inode, seen.drops)
            return (int(waiting), int(backlog), int(inode[1]), int(drops[1])) == expected

        wait_for(agree, "the same from both")


def test_a_socket_of_ipv6_is_seen() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert as_seen(listener).host == "::1"


def test_a_refusal_of_the_kernel_is_an_error() -> None:
    refusal = listening_sockets._HEADER.pack(20, listening_sockets._NLMSG_ERROR, 0, 0, 0) + (-errno.EPERM).to_bytes(
        4, "little", signed=True
    )

    with pytest.raises(OSError, match="sock_diag failed") as caught:
        listening_sockets._parse(refusal)

    assert caught.value.errno == errno.EPERM


def test_without_the_kernels_counters_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening_sockets, "NETSTAT", tmp_path / "netstat")
    assert overflows_of_all() is None

    (tmp_path / "netstat").write_text("TcpExt: Other\nTcpExt: 1\nIpExt: InOctets\nIpExt: 5\n")
    assert overflows_of_all() is None

    (tmp_path / "netstat").write_text("TcpExt: Other ListenOverflows\nTcpExt: 1 7\n")
    assert overflows_of_all() == 7
