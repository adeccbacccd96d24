from collections.abc import Callable

import pytest
from scripted_server import OK, ScriptedServer

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url, resolve
from rush_hour.load.probe import ask_once, expect_what_is_answered
from rush_hour.load.request import build_request

Serve = Callable[..., ScriptedServer]


def expectation_of(server: ScriptedServer) -> Expectation:
    url = parse_url(server.url)
    return expect_what_is_answered(build_request(url, ("X-Key: 1",)), resolve(url)).expectation


def test_what_is_answered_twice_is_expected(serve: Serve) -> None:
    server = serve()

    assert expectation_of(server) == Expectation(statuses=frozenset({200}), body=b"hello")
    assert len(server.requests) == 2
    assert b"X-Key: 1" in server.requests[0]


def test_a_body_that_changes_is_not_expected(serve: Serve) -> None:
    server = serve(lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % (number % 10))

    assert expectation_of(server) == Expectation(statuses=frozenset({200}))


def test_an_error_status_is_never_good(serve: Serve) -> None:
    server = serve(lambda _number: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    assert expectation_of(server) == Expectation()


def test_no_server_is_named_with_its_address(free_port: int) -> None:
    url = parse_url(f"http://127.0.0.1:{free_port}/")

    with pytest.raises(StartError) as caught:
        ask_once(build_request(url), resolve(url))

    assert str(caught.value) == f"URL: unable to connect to 127.0.0.1:{free_port}: Connection refused."


def test_a_server_of_another_protocol_is_named(serve: Serve) -> None:
    server = serve(lambda _number: b"220 smtp ready\r\n")
    url = parse_url(server.url)

    with pytest.raises(StartError) as caught:
        ask_once(build_request(url), resolve(url))

    assert str(caught.value) == (
        f"URL: 127.0.0.1:{server.port} did not answer in HTTP/1.1: "
        "expected 'HTTP/1.1 200 OK' or the like, got b'220 smtp ready\\r\\n'."
    )


def test_a_unix_socket_is_asked_like_any_other(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "x.sock"
    serve(lambda _number: OK, unix=path)
    url = parse_url("http://localhost/")

    assert ask_once(build_request(url), resolve(url, unix=path)).body == b"hello"
