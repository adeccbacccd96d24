"""Where a running server is, by its sockets."""

import socket
from pathlib import Path
from typing import Any

import pytest

from api_hour.programs.running_server import RunningServer


def described(sock: socket.socket, *, is_tls: bool = False) -> tuple[str, str, int, str | None]:
    container: Any = None
    server = RunningServer.of([sock], is_tls=[is_tls], container=container)
    return server.url, server.host, server.port, server.unix


@pytest.mark.parametrize(
    ("host", "family", "url_host"),
    [
        ("127.0.0.1", socket.AF_INET, "127.0.0.1"),
        ("0.0.0.0", socket.AF_INET, "127.0.0.1"),  # noqa: S104
        ("::1", socket.AF_INET6, "[::1]"),
        ("::", socket.AF_INET6, "[::1]"),
    ],
)
def test_an_address_of_ip_is_a_url_that_leads_there(host: str, family: socket.AddressFamily, url_host: str) -> None:
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        port = sock.getsockname()[1]

        assert described(sock) == (f"http://{url_host}:{port}", host, port, None)
        assert described(sock, is_tls=True)[0] == f"https://{url_host}:{port}"


def test_a_unix_socket_is_its_path(tmp_path: Path) -> None:
    path = str(tmp_path / "a")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)

        assert described(sock) == ("http://localhost", "localhost", 0, path)


def test_a_unix_socket_without_a_file_is_its_name() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(b"\0api_hour test_running_server")

        assert described(sock)[3] == "@api_hour test_running_server"


def test_the_url_is_that_of_the_first_address_that_takes_connections() -> None:
    container: Any = None
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.socket() as stream:
        for sock in (datagrams, stream):
            sock.bind(("127.0.0.1", 0))
        server = RunningServer.of([datagrams, stream], is_tls=[False, True], container=container)

        assert server.url == f"https://127.0.0.1:{stream.getsockname()[1]}"
        assert server.sockets == (datagrams, stream)
