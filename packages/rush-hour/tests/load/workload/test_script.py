import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from load_runs import HELLO, run
from scripted_server import ScriptedServer

from rush_hour.errors import UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.workload.request import Request, build_request
from rush_hour.load.workload.script import Script
from rush_hour.results.run import LoadResult

Serve = Callable[..., ScriptedServer]
URL = parse_url("http://127.0.0.1:8008/agents")
FALLBACK = build_request(URL, expectation=HELLO)


def script_of(path: Path, text: str) -> Script:
    path.write_text(text)
    return Script(path, URL, FALLBACK)


def test_a_script_says_what_each_request_is_and_which_answers_are_good(serve: Serve, tmp_path: Path) -> None:
    """Run in two processes, each of which runs the script by itself."""
    script = script_of(
        tmp_path / "load.py",
        "def request(number):\n    return f'/agents?page={number}'\n"
        "def response(status, headers, body):\n    return headers['content-length'] == '5' and body[-1:] != b'!'\n",
    )
    server = serve(lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell" + (b"!" if number % 4 else b"o"))

    result = run(server.url, requests=script)

    assert (result.requests_due, result.responses_total, result.responses_good) == (200, 200, 50)
    targets = {request.split(b" ")[1] for request in server.requests}
    assert targets == {b"/agents?page=%d" % number for number in range(200)}


def test_a_request_may_be_a_path_bytes_or_a_request(tmp_path: Path) -> None:
    script = script_of(
        tmp_path / "load.py",
        "from rush_hour.script import Request\n"
        "def request(number):\n"
        "    return ['/a?b=c', b'HEAD /x HTTP/1.1\\r\\n\\r\\n', Request(method='PUT', data=b'raw'), 7][number]\n",
    )

    assert script.get(0, 0).data == b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8008\r\n\r\n"
    assert (script.get(1, 0).method, script.get(1, 0).data) == ("HEAD", b"HEAD /x HTTP/1.1\r\n\r\n")
    assert script.get(0, 0).expectation == script.get(1, 0).expectation == HELLO
    assert script.get(2, 0) == Request(method="PUT", data=b"raw")
    with pytest.raises(UsageError) as caught:
        script.get(3, 0)
    assert str(caught.value) == "--script: request(3): expected a Request, a path or bytes, got 7."


def test_a_script_may_know_the_connection(serve: Serve, tmp_path: Path) -> None:
    """Requests i are on connection i mod 10."""
    script = script_of(
        tmp_path / "load.py",
        "seen = {}\n"
        "def request(number, connection):\n    seen[connection] = number\n    return f'/{number}/{connection}'\n"
        "def response(status, headers, body, connection):\n    return seen[connection] % 10 == connection != 3\n",
    )
    server = serve()

    result = run(server.url, requests=script)

    assert (result.responses_total, result.responses_good) == (200, 180)
    asked = [request.split(b" ")[1].split(b"/")[1:] for request in server.requests]
    assert all(int(number) % 10 == int(connection) for number, connection in asked)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def request():\n    pass\n", "request(number, connection)"),
        ("def response(status):\n    pass\n", "response(status, headers, body, connection)"),
        ("def done():\n    pass\n", "done(summary)"),
    ],
)
def test_a_function_that_cannot_be_called_is_refused(text: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "load.py"

    with pytest.raises(UsageError) as caught:
        script_of(path, text).check()

    assert str(caught.value) == f"--script: {path}: expected {what}, got another signature."


def test_without_a_request_function_the_url_is_asked(tmp_path: Path) -> None:
    script = script_of(tmp_path / "load.py", "def done(summary):\n    pass\n")

    assert script.get(5, 0) is FALLBACK
    assert script.on_response is None


def test_done_is_given_the_result(result: LoadResult, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    text = (
        "from pathlib import Path\n"
        f"def done(summary):\n    Path({str(output)!r}).write_text(str(summary.responses_good))\n"
    )

    script_of(tmp_path / "load.py", text).done(result)
    script_of(tmp_path / "other.py", "def request(number):\n    return '/'\n").done(result)

    assert output.read_text() == "10000"


def test_a_script_without_a_known_function_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "load.py"

    with pytest.raises(UsageError) as caught:
        script_of(path, "def requests(number):\n    return '/'\n").check()

    assert str(caught.value) == f"--script: {path}: expected a function request, response or done; found none."


def test_a_script_that_raises_is_named(tmp_path: Path) -> None:
    path = tmp_path / "load.py"

    with pytest.raises(UsageError) as caught:
        script_of(path, "1 / 0\n").check()

    assert str(caught.value) == f"--script: {path}: ZeroDivisionError: division by zero"


def test_a_path_is_asked_with_the_method_and_the_headers_of_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "load.py"
    path.write_text("def request(number):\n    return '/x'\n")
    fallback = build_request(URL, method="DELETE")

    asked = Script(path, URL, fallback, ("X-Key: 1",)).get(0, 0)

    assert asked.data == b"DELETE /x HTTP/1.1\r\nHost: 127.0.0.1:8008\r\nX-Key: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def request(number):\n    return [][number]\n", "request() raised IndexError: list index out of range"),
        ("def response(status, headers, body):\n    1 / 0\n", "response() raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_script_that_fails_under_load_ends_the_run_with_its_error(
    serve: Serve, tmp_path: Path, text: str, what: str
) -> None:
    path = tmp_path / "load.py"

    with pytest.raises(UsageError) as caught:
        run(serve().url, requests=script_of(path, text))

    assert str(caught.value) == f"--script: {path}: {what}"


def test_a_script_travels_to_hosts_that_do_not_have_it(tmp_path: Path) -> None:
    text = (
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Page:\n    number: 'int'\n"
        "def request(number):\n    return f'/{Page(number).number}'\n"
    )
    script = script_of(tmp_path / "load.py", text)
    packed = pickle.dumps(script)
    (tmp_path / "load.py").unlink()

    there = pickle.loads(packed)  # noqa: S301  # our own

    assert there.get(7, 0).target == "/7"


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.py"

    with pytest.raises(UsageError) as caught:
        Script(path, URL, FALLBACK).check()

    assert str(caught.value) == (
        f"--script: {path}: FileNotFoundError: [Errno 2] No such file or directory: {str(path)!r}"
    )
