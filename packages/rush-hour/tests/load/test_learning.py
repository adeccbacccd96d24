"""Good answers that are learned before the load, of one request and of those of a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_server import OK, ScriptedServer
from session_server import LOGIN, session_server

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError, UsageError
from rush_hour.load.learning import Terms, learn, learn_workload
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import Answer, ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import Request, build_request
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.load.workload.wanted import Wanted
from rush_hour.load.workload.workload import build_workload

Serve = Callable[..., ScriptedServer]
TERMS = Terms(status="--expect-status {0}", body="--expect-body any")


def expectation_of(server: ScriptedServer, statuses: frozenset[int] | None = None) -> Expectation:
    url = parse_url(server.url)
    request, address = build_request(url, ("X-Key: 1",)), destination_of(url).resolve()
    return learn(request, Wanted(statuses=statuses), lambda _turn: ask_once(request, address), TERMS)


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
                "expected status 2xx for /agents, got 404: no such page\\x1b[31m\n"
                "If this is a good answer, say so: --expect-status 404."
            ),
        ),
        (
            [answer("503 Unavailable")],
            "expected status 2xx for /agents, got 503\nIf this is a good answer, say so: --expect-status 503.",
        ),
        (
            [answer("301 Moved", "", "Location: http://me:secret@x/")],
            (
                "expected status 2xx for /agents, got 301, which leads to http://***@x/\n"
                "Redirects are not followed: load where it leads to, or say that this is a good answer: "
                "--expect-status 301."
            ),
        ),
        (
            [OK, answer("500 Sorry", "later")],
            ("expected status 2xx for /agents, got 500: later\nIf this is a good answer, say so: --expect-status 500."),
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

    assert str(caught.value).startswith("expected status 204,304 for /agents, got 200: hello\n")


REQUESTS = (
    LOGIN
    + """
[[requests]]
path = "/me"
[[requests]]
path = "/close"
[[requests]]
method = "POST"
path = "/notes"
headers = { X-CSRF = "{{csrf}}" }
[[requests]]
path = "/me?json"
expect = { body = "json" }
"""
)


def learned(url: str, directory: Path, text: str, users: str) -> tuple[list[Expectation], list[str]]:
    """Return what is learned of each request of a file, and whose bodies are not looked at."""
    (directory / "users.csv").write_text(users)
    (directory / "targets.toml").write_text(text)
    file, spec = read_target_file(directory / "targets.toml")
    parts = parse_url(f"{url}/")
    workload = build_workload(spec, directory, parts)
    address = destination_of(parts).resolve()

    def ask(request: Request, timeout_s: float | None) -> Answer:
        return ask_once(request, address, timeout_s=timeout_s or 5.0)

    workload, changing = learn_workload(workload, workload.wanted, ask, file.where)
    return [template.request.expectation for template in workload.templates], changing


def test_what_two_users_are_answered_is_expected_of_all(tmp_path: Path) -> None:
    with session_server() as url:
        me, close, notes, me_as_json = learned(url, tmp_path, REQUESTS, "user\nann\n")[0]

    assert me == Expectation(statuses=frozenset({200}), body=b'{"user": "ann"}', is_guess=True)
    assert close == Expectation(statuses=frozenset({200}), body=b"bye", is_guess=True)
    assert notes == Expectation()
    assert me_as_json == Expectation(statuses=frozenset({200}), json='{"user": "ann"}')


def test_a_body_that_is_another_for_each_user_is_not_expected(tmp_path: Path) -> None:
    text = REQUESTS.partition('[[requests]]\npath = "/me?json"')[0]

    with session_server() as url:
        expectations, changing = learned(url, tmp_path, text, "user\nann\nbob\n")

    assert changing == ["/me"]
    assert expectations[0] == Expectation(statuses=frozenset({200}))


def test_what_must_be_the_same_and_is_not_is_told_with_its_line(tmp_path: Path) -> None:
    with session_server() as url, pytest.raises(UsageError) as caught:
        learned(url, tmp_path, REQUESTS, "user\nann\nbob\n")

    assert str(caught.value) == (
        f"{tmp_path}/targets.toml:23: requests[3]: expected the same JSON from the server twice; that of /me?json "
        "changes with each request. Say what is good with expect = { body = 'any' }, 'json' or 'sha256:HEX'."
    )


def test_a_value_is_taken_from_an_answer_of_any_status_that_is_said_to_be_good(tmp_path: Path) -> None:
    text = (
        REQUESTS + '[[requests]]\npath = "/leave"\nexpect = { status = 303 }\ntake = { csrf = { header = "X-No" } }\n'
    )

    with session_server() as url, pytest.raises(StartError) as caught:
        learned(url, tmp_path, text, "user\nann\n")

    assert str(caught.value) == (
        f"{tmp_path}/targets.toml:26: requests[4]: the answer to 'GET /leave' has no value for 'csrf': there is no "
        "header 'X-No' in the answer."
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "secret of",
            "guess of",
            (
                "9: session.requests[1]: expected status 303 for /login, got 401: wrong password\n"
                "If this is a good answer, say so: expect = { status = 401 }."
            ),
        ),
        (
            "expect = { status = 303 }",
            "",
            (
                "9: session.requests[1]: expected status 2xx for /login, got 303, which leads to /me\n"
                "Redirects are not followed: load where it leads to, or say that this is a good answer: "
                "expect = { status = 303 }."
            ),
        ),
        (
            'cookie = "csrf"',
            'json = "/csrf"',
            (
                "5: session.requests[0]: the answer to 'GET /login' has no value for 'csrf': there is no value at "
                "'/csrf' in the answer."
            ),
        ),
    ],
)
def test_a_session_that_cannot_begin_is_told_with_its_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    with session_server() as url, pytest.raises(StartError) as caught:
        learned(url, tmp_path, REQUESTS.replace(old, new), "user\nann\n")

    assert str(caught.value) == f"{tmp_path}/targets.toml:{message}"
