"""How messages name the address of a listening socket."""

import socket
from pathlib import Path

import pytest

from api_hour.control.addresses import describe_address


def test_an_address_is_named_as_bind_writes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_INET6) as ipv6,
    ):
        unix.bind("a.sock")
        abstract.bind("\0api-hour-test")
        ipv6.bind(("::1", 0))

        assert describe_address(unix) == "unix:a.sock"
        assert describe_address(abstract) == "unix:@api-hour-test"
        assert describe_address(ipv6) == f"[::1]:{ipv6.getsockname()[1]}"


def test_a_socket_without_an_address_is_described() -> None:
    with socket.socket(socket.AF_UNIX) as unnamed:
        assert describe_address(unnamed) == "unix:(unnamed)"
