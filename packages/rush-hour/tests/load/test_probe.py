from collections.abc import Callable

import pytest
from scripted_server import OK, ScriptedServer

from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import build_request

Serve = Callable[..., ScriptedServer]


def test_no_server_is_named_with_its_address(free_port: int) -> None:
    url = parse_url(f"http://127.0.0.1:{free_port}/")

    with pytest.raises(StartError) as caught:
        ask_once(build_request(url), destination_of(url).resolve())

    assert str(caught.value) == f"URL: unable to connect to 127.0.0.1:{free_port}: Connection refused."


def test_a_server_of_another_protocol_is_named(serve: Serve) -> None:
    server = serve(lambda _number: b"220 smtp ready\r\n")
    url = parse_url(server.url)

    with pytest.raises(StartError) as caught:
        ask_once(build_request(url), destination_of(url).resolve())

    assert str(caught.value) == (
        f"URL: 127.0.0.1:{server.port} did not answer in HTTP/1.1: "
        "expected 'HTTP/1.1 200 OK' or the like, got b'220 smtp ready\\r\\n'."
    )


def test_a_unix_socket_is_asked_like_any_other(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "x.sock"
    serve(lambda _number: OK, unix=path)
    url = parse_url("http://localhost/")

    assert ask_once(build_request(url), destination_of(url, unix=path).resolve()).body == b"hello"
