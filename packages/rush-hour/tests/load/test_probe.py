from collections.abc import Callable

import pytest
from scripted_server import OK, ScriptedServer

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once, expect_what_is_answered
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import build_request

Serve = Callable[..., ScriptedServer]


def expectation_of(server: ScriptedServer, statuses: frozenset[int] | None = None) -> Expectation:
    url = parse_url(server.url)
    return expect_what_is_answered(
        build_request(url, ("X-Key: 1",)), destination_of(url).resolve(), statuses=statuses
    ).expectation


def test_what_is_answered_twice_is_expected(serve: Serve) -> None:
    server = serve()

    assert expectation_of(server) == Expectation(statuses=frozenset({200}), body=b"hello", is_guess=True)
    assert len(server.requests) == 2
    assert b"X-Key: 1" in server.requests[0]


def test_a_body_that_changes_is_not_expected(serve: Serve) -> None:
    server = serve(lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % (number % 10))

    assert expectation_of(server) == Expectation(statuses=frozenset({200}))


def answer(status: str, body: str = "", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", body]).encode()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (
            [answer("404 Not Found", "no such page\x1b[31m\n")],
            (
                "URL: expected status 2xx for /agents, got 404: no such page\\x1b[31m\n"
                "Say that this is a good answer: --expect-status 404."
            ),
        ),
        (
            [answer("503 Unavailable")],
            "URL: expected status 2xx for /agents, got 503\nSay that this is a good answer: --expect-status 503.",
        ),
        (
            [answer("301 Moved", "", "Location: http://me:secret@x/")],
            (
                "URL: expected status 2xx for /agents, got 301, which leads to http://***@x/\n"
                "Redirects are not followed: load where it leads to, or say that this is a good answer: "
                "--expect-status 301."
            ),
        ),
        (
            [OK, answer("500 Sorry", "later")],
            (
                "URL: expected status 2xx for /agents, got 500: later\n"
                "Say that this is a good answer: --expect-status 500."
            ),
        ),
    ],
    ids=["an error with a body", "an error without", "a redirect", "an error at the second time"],
)
def test_an_answer_that_nobody_wants_is_an_error_with_its_beginning(
    serve: Serve, answers: list[bytes], message: str
) -> None:
    server = serve(lambda number: answers[number % len(answers)])

    with pytest.raises(StartError) as caught:
        expectation_of(server)

    assert str(caught.value) == message


def test_an_error_or_a_redirect_is_good_where_that_is_said(serve: Serve) -> None:
    server = serve(lambda _number: answer("404 Not Found", "none"))

    assert expectation_of(server, frozenset({200, 404})) == Expectation(
        statuses=frozenset({200, 404}), body=b"none", is_guess=True
    )


def test_an_answer_that_is_not_what_was_said_is_an_error(serve: Serve) -> None:
    with pytest.raises(StartError) as caught:
        expectation_of(serve(), frozenset({204, 304}))

    assert str(caught.value).startswith("URL: expected status 204,304 for /agents, got 200: hello\n")


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
