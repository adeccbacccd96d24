"""Listening sockets: what is made, what is refused, and what is left behind."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from listening_sockets import backlog_of

from api_hour.config import Bind, FdBind, TcpBind, UdpBind, UnixBind
from api_hour.control.addresses import describe_address
from api_hour.errors import StartError
from api_hour.process.privileges import Identity
from api_hour.supervisor.sockets.binding import bound_sockets
from api_hour.supervisor.sockets.files import Ownership, SocketFiles

BACKLOG = 16


@pytest.fixture(autouse=True)
def short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path has a limit that `tmp_path` may reach: sockets are named from here."""
    monkeypatch.chdir(tmp_path)


@contextmanager
def listening_at(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        yield listener


@contextmanager
def bound(
    binds: Sequence[Bind],
    backlog: int,
    inherited: Mapping[str, socket.socket] | None = None,
    files: SocketFiles | None = None,
) -> Iterator[list[socket.socket]]:
    """Open addresses; give the sockets without their names."""
    with bound_sockets(binds, backlog, inherited, files) as sockets:
        yield list(sockets.values())


def refusal(*binds: Bind) -> str:
    with pytest.raises(StartError) as caught, bound(binds, BACKLOG):
        pass
    return str(caught.value)


def connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family) as client:
        return client.connect_ex(address) == 0  # type: ignore[arg-type]  # the family's own form


@contextmanager
def full_backlog(path: str) -> Iterator[int]:
    """Connect until no more clients may wait; give their number."""
    with ExitStack() as clients:
        for number in range(100):
            client = clients.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            if client.connect_ex(path) != 0:
                yield number
                return
        pytest.fail("the backlog has no limit")


def test_addresses_are_bound_in_order_and_released_at_the_end() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0), UnixBind(path="a.sock")], BACKLOG) as (tcp, unix):
        address = tcp.getsockname()
        assert connects(socket.AF_INET, address)
        assert connects(socket.AF_UNIX, "a.sock")
        assert not tcp.getblocking()
        assert not unix.getblocking()

    assert not connects(socket.AF_INET, address)
    assert not Path("a.sock").exists()


def test_port_0_is_chosen_by_the_kernel_and_described() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0)], BACKLOG) as [listener]:
        port = listener.getsockname()[1]
        assert port > 0
        assert describe_address(listener) == f"127.0.0.1:{port}"


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_is_bound_and_described() -> None:
    with bound([TcpBind(host="::1", port=0)], BACKLOG) as [listener]:
        assert listener.family == socket.AF_INET6
        assert describe_address(listener) == f"[::1]:{listener.getsockname()[1]}"
        assert connects(socket.AF_INET6, listener.getsockname())


def test_a_host_name_is_resolved() -> None:
    binds = [TcpBind(host="localhost", port=0)]
    with bound_sockets(binds, BACKLOG, with_twins=False) as sockets:
        [listener] = sockets.values()
        assert connects(listener.family, listener.getsockname())


def test_a_unix_socket_is_open_to_a_proxy_under_another_user() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG) as [listener]:
        assert describe_address(listener) == "unix:a.sock"
        assert stat.S_IMODE(Path("a.sock").stat().st_mode) == 0o666


def test_the_backlog_is_the_kernels() -> None:
    with bound([TcpBind(host="127.0.0.1", port=0)], 7) as [listener]:
        assert backlog_of(listener) == 7


def test_as_many_clients_wait_on_a_unix_socket_as_the_backlog_says() -> None:
    with bound([UnixBind(path="a.sock")], 3), full_backlog("a.sock") as clients:
        assert clients == 3 + 1  # the kernel lets one more in


def test_the_file_of_a_daemon_that_is_gone_is_removed() -> None:
    with listening_at("a.sock"):
        pass
    assert Path("a.sock").is_socket()

    with bound([UnixBind(path="a.sock")], BACKLOG):
        assert connects(socket.AF_UNIX, "a.sock")

    assert not Path("a.sock").exists()


def test_the_socket_of_a_daemon_that_lives_is_refused_and_kept() -> None:
    with listening_at("a.sock"):
        assert refusal(UnixBind(path="a.sock")) == (
            "--bind unix:a.sock: another process listens there already; stop it or choose another address."
        )
        assert connects(socket.AF_UNIX, "a.sock")


def test_the_socket_of_a_busy_daemon_is_refused_too() -> None:
    with listening_at("a.sock"), full_backlog("a.sock"):
        assert "another process listens there already" in refusal(UnixBind(path="a.sock"))
        assert Path("a.sock").is_socket()


def test_a_file_that_is_no_socket_is_refused_and_kept() -> None:
    Path("a.sock").write_text("precious")

    assert refusal(UnixBind(path="a.sock")) == (
        "--bind unix:a.sock: a file that is no socket is there already; remove it or choose another path."
    )
    assert Path("a.sock").read_text() == "precious"


def test_a_directory_that_is_missing_is_said() -> None:
    assert refusal(UnixBind(path="missing/a.sock")) == "--bind unix:missing/a.sock: No such file or directory."


def test_a_path_that_is_too_long_for_a_socket_is_said() -> None:
    path = "a" * 200

    assert refusal(UnixBind(path=path)) == f"--bind unix:{path}: AF_UNIX path too long."


def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        assert refusal(TcpBind(host="127.0.0.1", port=port)) == (
            f"--bind 127.0.0.1:{port}: another process listens there already; stop it or choose another address."
        )


def test_an_address_of_another_machine_is_refused() -> None:
    assert refusal(TcpBind(host="192.0.2.1", port=0)) == "--bind 192.0.2.1:0: Cannot assign requested address."


@pytest.mark.parametrize("host", ["a" * 64, "a..b"])
def test_a_host_name_that_cannot_be_is_refused(host: str) -> None:
    assert refusal(TcpBind(host=host, port=0)) == (
        f"--bind {host}:0: no host can have this name: between two dots are 1 to 63 characters (RFC 1035, 2.3.4)."
    )


def test_a_port_that_needs_more_rights_is_refused() -> None:
    """As an ordinary user: root may do everything."""
    code = """
import os
from api_hour.config import UnixBind
from api_hour.errors import StartError
from api_hour.supervisor.sockets.binding import bound_sockets
if os.geteuid() == 0:
    os.setuid(65534)
try:
    with bound_sockets([UnixBind(path="closed/a.sock")], 1):
        pass
except StartError as error:
    print(error)
"""
    Path("closed").mkdir(mode=0o500)

    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)

    assert ended.stdout == (
        "--bind unix:closed/a.sock: permission denied; a port below 1024 or this directory needs more rights.\n"
    )


def test_earlier_sockets_are_released_when_a_later_one_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free_port = probe.getsockname()[1]
    Path("taken").touch()

    refusal(TcpBind(host="127.0.0.1", port=free_port), UnixBind(path="a.sock"), UnixBind(path="taken"))

    assert not connects(socket.AF_INET, ("127.0.0.1", free_port))
    assert not Path("a.sock").exists()
    with bound([TcpBind(host="127.0.0.1", port=free_port), UnixBind(path="a.sock")], BACKLOG) as listeners:
        assert len(listeners) == 2


def test_the_same_address_twice_is_refused() -> None:
    assert "another process listens there already" in refusal(UnixBind(path="a.sock"), UnixBind(path="a.sock"))
    assert not Path("a.sock").exists()


def test_a_socket_file_that_somebody_else_put_there_is_kept() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG):
        Path("a.sock").rename("moved.sock")  # its inode stays in use: the new file has another
        Path("a.sock").write_text("not ours")

    assert Path("a.sock").read_text() == "not ours"


def test_a_socket_file_that_is_gone_already_is_no_error() -> None:
    with bound([UnixBind(path="a.sock")], BACKLOG):
        Path("a.sock").unlink()

    assert not Path("a.sock").exists()


# Sockets inherited from another supervisor.


def test_an_inherited_socket_is_used_with_our_backlog_and_one_that_is_not_needed_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=3) as tcp, socket.create_server(("127.0.0.1", 0)) as other:
        inherited = {"127.0.0.1:0": tcp.dup(), "127.0.0.1:1": other.dup()}
        with bound([TcpBind(host="127.0.0.1", port=0)], BACKLOG, inherited) as [listener]:
            assert listener.getsockname() == tcp.getsockname()
            assert backlog_of(tcp) == BACKLOG
            assert inherited["127.0.0.1:1"].fileno() == -1
        assert listener.fileno() == -1


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_file_of_an_inherited_socket_is_removed_if_it_is_ours_at_the_end(is_ours: bool) -> None:
    ownership = Ownership(is_ours=not is_ours)
    files = SocketFiles(ownership=ownership)
    with listening_at("a.sock") as first:
        with bound([UnixBind(path="a.sock")], BACKLOG, {"unix:a.sock": first.dup()}, files):
            ownership.is_ours = is_ours

        assert Path("a.sock").exists() is not is_ours


def test_an_inherited_socket_whose_file_is_gone_is_used_all_the_same() -> None:
    with listening_at("a.sock") as first:
        Path("a.sock").unlink()
        with bound([UnixBind(path="a.sock")], BACKLOG, {"unix:a.sock": first.dup()}) as [listener]:
            assert listener.getsockname() == "a.sock"


def test_inherited_sockets_are_closed_when_another_address_cannot_be_bound() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        inherited = {"127.0.0.1:0": tcp.dup()}
        with (
            pytest.raises(StartError),
            bound([UnixBind(path="no/a.sock"), TcpBind(host="127.0.0.1", port=0)], BACKLOG, inherited),
        ):
            pass

        assert inherited["127.0.0.1:0"].fileno() == -1


# Names.


def test_sockets_are_named_by_their_addresses_in_the_order_given() -> None:
    any_port = TcpBind(host="127.0.0.1", port=0)

    with bound_sockets([any_port, UnixBind(path="a.sock"), any_port], BACKLOG) as sockets:
        assert list(sockets) == ["127.0.0.1:0", "unix:a.sock", "127.0.0.1:0 (2)"]


def test_addresses_that_are_the_same_are_taken_over_one_by_one() -> None:
    any_port = TcpBind(host="127.0.0.1", port=0)
    with bound_sockets([any_port, any_port], BACKLOG) as first:
        inherited = {name: sock.dup() for name, sock in first.items()}

        with bound_sockets([any_port, any_port], BACKLOG, inherited) as second:
            assert [sock.getsockname() for sock in second.values()] == [sock.getsockname() for sock in first.values()]


# Sockets of the service manager.


def test_the_service_manager_s_sockets_are_served_beside_the_addresses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given, socket.create_server(("127.0.0.1", 0)) as other:
        inherited = {"systemd:3": given.dup(), "systemd:4": other.dup()}

        with bound_sockets([UnixBind(path="a.sock")], BACKLOG, inherited) as sockets:
            assert list(sockets) == ["unix:a.sock", "systemd:3", "systemd:4"]
            assert sockets["systemd:3"].getsockname() == given.getsockname()
            assert backlog_of(given) == BACKLOG


def test_the_default_address_is_not_used_beside_the_service_manager_s_sockets() -> None:
    given = socket.create_server(("127.0.0.1", 0))
    with bound_sockets([], BACKLOG, {"systemd:3": given}) as sockets:
        assert list(sockets) == ["systemd:3"]


def test_a_socket_of_the_service_manager_that_cannot_be_served_is_refused() -> None:
    one, other = socket.socketpair()
    with one, other, pytest.raises(StartError) as caught, bound_sockets([], BACKLOG, {"systemd:3": one}):
        pass

    assert str(caught.value) == "systemd:3: Invalid argument."
    assert one.fileno() == -1


# Descriptors.


def test_an_inherited_descriptor_is_served_and_closed_at_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=3) as given:
        fd = os.dup(given.fileno())
        os.set_inheritable(fd, True)
        with bound([FdBind(fd=fd)], BACKLOG) as [listener]:
            assert listener.getsockname() == given.getsockname()
            assert backlog_of(given) == BACKLOG
            assert not os.get_inheritable(fd)
            assert not listener.getblocking()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)


def test_a_descriptor_that_is_not_open_is_refused() -> None:
    assert refusal(FdBind(fd=999_999)) == "--bind fd://999999: expected the descriptor of an open socket."


def test_a_descriptor_that_is_no_socket_is_refused_and_stays_open(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        fd = file.fileno()

        assert refusal(FdBind(fd=fd)) == f"--bind fd://{fd}: expected the descriptor of an open socket."
        os.fstat(fd)


def test_a_descriptor_of_a_socket_of_another_type_is_refused_and_stays_open() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:
        fd = other.fileno()

        assert refusal(FdBind(fd=fd)) == f"--bind fd://{fd}: expected a stream or datagram socket."
        os.fstat(fd)


# Datagrams.


def test_a_udp_address_receives_datagrams() -> None:
    with (
        bound([UdpBind(host="127.0.0.1", port=0)], BACKLOG) as [receiver],
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        assert receiver.type == socket.SOCK_DGRAM
        assert not receiver.getblocking()
        assert describe_address(receiver) == f"udp:127.0.0.1:{receiver.getsockname()[1]}"
        sender.sendto(b"hello", receiver.getsockname())
        receiver.settimeout(TIMEOUT_S)
        assert receiver.recv(16) == b"hello"


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_udp_address_may_be_ipv6() -> None:
    with bound([UdpBind(host="::1", port=0)], BACKLOG) as [receiver]:
        assert describe_address(receiver) == f"udp:[::1]:{receiver.getsockname()[1]}"


def test_a_udp_address_is_not_shared_with_another_daemon() -> None:
    with bound([UdpBind(host="127.0.0.1", port=0)], BACKLOG) as [receiver]:
        port = receiver.getsockname()[1]

        assert refusal(UdpBind(host="127.0.0.1", port=port)) == (
            f"--bind udp:127.0.0.1:{port}: another process listens there already; stop it or choose another address."
        )


# Unix sockets: names without files, modes and owners.


def abstract_name() -> str:
    return f"@api_hour-test-{os.getpid()}"


def test_an_abstract_address_has_no_file() -> None:
    with bound([UnixBind(path=abstract_name())], BACKLOG) as [listener]:
        assert describe_address(listener) == f"unix:{abstract_name()}"
        assert connects(socket.AF_UNIX, "\0" + abstract_name()[1:])
        assert not list(Path().iterdir())


def test_an_abstract_address_that_is_taken_is_refused() -> None:
    with bound([UnixBind(path=abstract_name())], BACKLOG):
        assert refusal(UnixBind(path=abstract_name())) == (
            f"--bind unix:{abstract_name()}: another process listens there already; stop it or choose another address."
        )


def test_the_mode_of_a_socket_file_is_the_one_asked_for() -> None:
    before = os.umask(0o777)
    try:
        with bound([UnixBind(path="a.sock")], BACKLOG, files=SocketFiles(mode=0o640)):
            assert stat.S_IMODE(Path("a.sock").stat().st_mode) == 0o640
    finally:
        os.umask(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_socket_file_is_given_to_the_workers_user() -> None:
    owner = Identity(uid=65534, gid=65533, groups=())

    with bound([UnixBind(path="a.sock")], BACKLOG, files=SocketFiles(owner=owner)):
        assert (Path("a.sock").stat().st_uid, Path("a.sock").stat().st_gid) == (65534, 65533)
