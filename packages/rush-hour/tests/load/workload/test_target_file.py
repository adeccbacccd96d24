from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from load_runs import HELLO, run
from scripted_server import OK, ScriptedServer

from rush_hour.core.expectation import Expectation
from rush_hour.core.records import REQUESTS_LIMIT
from rush_hour.errors import UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.workload.mix import RequestMix
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.load.workload.workload import build_workload

Serve = Callable[..., ScriptedServer]
URL = parse_url("http://127.0.0.1:8008/")

GOOD = """\
[[requests]]
weight = 3
path = "/agents?page=2"

[[requests]]
method = "post"
path = "/agents"
headers = { "Content-Type" = "application/json" }
body = '{"number": "100"}'
expect = { status = 201 }
"""


def read(path: Path, text: str, *, good: Expectation | None = None) -> RequestMix:
    """Return the requests of a file, each with what the file says of its answer, or with one good answer for all."""
    path.write_text(text)
    _file, spec = read_target_file(path)
    workload = build_workload(spec, path.parent, URL, ("X-Key: 1",), seed=1)
    expected = [wanted.said() for wanted in workload.wanted]
    if good is not None:
        expected = [replace(good, statuses=wanted.statuses or good.statuses) for wanted in workload.wanted]
    requests = tuple(template.request for template in workload.expecting(expected).templates)
    return RequestMix(requests, workload.weights, workload.seed)


def test_requests_are_read_with_their_weights_headers_and_bodies(tmp_path: Path) -> None:
    mix = read(tmp_path / "targets.toml", GOOD)

    assert list(mix.weights) == [3.0, 1.0]
    assert mix.requests[0].data == b"GET /agents?page=2 HTTP/1.1\r\nHost: 127.0.0.1:8008\r\nX-Key: 1\r\n\r\n"
    assert mix.requests[1].data == (
        b"POST /agents HTTP/1.1\r\nHost: 127.0.0.1:8008\r\nX-Key: 1\r\nContent-Type: application/json\r\n"
        b'Content-Length: 17\r\n\r\n{"number": "100"}'
    )
    assert mix.requests[1].expectation.statuses == {201}


def test_a_path_with_two_slashes_is_a_path(tmp_path: Path) -> None:
    mix = read(tmp_path / "targets.toml", '[[requests]]\npath = "//host/x?y"\n')

    assert mix.requests[0].data.startswith(b"GET //host/x?y HTTP/1.1\r\nHost: 127.0.0.1:8008\r\n")


def test_a_body_may_come_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "body.bin").write_bytes(b"\x00\xff")

    mix = read(tmp_path / "targets.toml", '[[requests]]\nmethod = "PUT"\npath = "/"\nbody_file = "body.bin"\n')

    assert mix.requests[0].data.endswith(b"Content-Length: 2\r\n\r\n\x00\xff")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("requests = []", "1: requests: expected at least one request, got none."),
        ("[[requests]]\nmethod = 'GET'", "1: requests[0]: expected a key 'path', found none."),
        ("[[requests]]\npath = '/'\nurl = '/'", "3: requests[0].url: this key is not known here."),
        ("[[requests]]\npath = 'x'", "2: requests[0].path: expected a path that starts with '/', got 'x'."),
        (
            "[[requests]]\npath = '/'\n[[requests]]\npath = '/'\nweight = 0",
            "5: requests[1].weight: expected a number above 0, got 0.0.",
        ),
        (
            "[[requests]]\npath = '/'\nexpect = { status = 'ok' }",
            "3: requests[0].expect.status: expected status codes such as 200, '2xx' or '200,404'; got 'ok'.",
        ),
        (
            "[[requests]]\npath = '/'\nbody = 'x'\nbody_file = 'y'",
            "4: requests[0].body_file: expected one of body, body_file, form and json, got body and body_file.",
        ),
        (
            "[[requests]]\npath = '/'\nbody_file = 'none.bin'",
            "3: requests[0].body_file: expected a file, got 'none.bin': No such file or directory.",
        ),
        (
            "[[requests]]\npath = '/'\nheaders = { 'A b' = 'c' }",
            ("3: requests[0].headers.A b: expected a name and a value in visible ASCII: its name is not a word."),
        ),
        (
            "[[requests]]\npath = '/'\nheaders = { A = \"b\\nc\" }",
            (
                "3: requests[0].headers.A: expected a name and a value in visible ASCII: "
                "'\\n' is character 2 of the value of A."
            ),
        ),
        (
            "[[requests]]\npath = '/a b'",
            (
                "2: requests[0].path: expected visible ASCII characters alone, got '/a b': "
                "' ' is character 3 of it; percent-encode it: %20."
            ),
        ),
        (
            "[[requests]]\npath = '/'\nmethod = 'G T'",
            "3: requests[0].method: expected a word such as GET or POST, got 'G T'.",
        ),
        ("[[requests]]\npath = '/'\nweight = nan", "3: requests[0].weight: expected a number above 0, got nan."),
        ("[[requests]]\npath = '/'\nweight = inf", "3: requests[0].weight: expected a number above 0, got inf."),
        (
            "[[requests]]\npath = '/'\nweight = 1e308\n[[requests]]\npath = '/'\nweight = 1e308",
            "1: requests: expected weights whose sum is a number, got a larger one.",
        ),
        (
            '[[requests]]\npath = "/\\u0000"',
            "2: requests[0].path: expected a text without NUL, which no program can be given.",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"

    with pytest.raises(UsageError) as caught:
        read(path, text)

    assert str(caught.value) == f"{path}:{message}"


def test_a_mix_is_sent_and_each_answer_held_against_its_own_request(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda _number: OK)
    mix = read(tmp_path / "targets.toml", GOOD, good=HELLO)

    result = run(server.url, requests=mix)

    posts = sum(b"POST" in request for request in server.requests)  # the body of one is read before the next
    assert 20 < posts < 80
    assert (result.responses_total, result.responses_good) == (200, 200 - posts)


def test_each_request_has_figures_of_its_own(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda _number: OK)
    named = GOOD.replace('path = "/agents"', 'path = "/agents"\nname = "new"')
    mix = read(tmp_path / "targets.toml", named, good=HELLO)

    result = run(server.url, requests=mix)

    get, new = result.requests
    assert (get.name, new.name) == ("GET /agents?page=2", "new")
    assert get.sent + new.sent == result.requests_sent
    assert (get.good, new.bad) == (result.responses_good, result.responses_bad)
    assert (get.bad, new.good, get.failed, new.failed) == (0, 0, 0, 0)
    assert get.latency_us == result.latency_us
    assert get.histogram_us == result.histogram.latency_us
    assert (new.latency_us, new.histogram_us) == (None, None)


def test_a_request_that_found_no_connection_is_charged_to_its_own_name(free_port: int, tmp_path: Path) -> None:
    mix = read(tmp_path / "targets.toml", GOOD)

    result = run(f"http://127.0.0.1:{free_port}/", requests=mix, connection_per_request=True)

    get, post = result.requests
    assert get.failed + post.failed == sum(result.errors.values())
    assert get.failed > post.failed > 0


def test_more_requests_than_can_be_told_apart_share_the_last_figures(serve: Serve, tmp_path: Path) -> None:
    text = "".join(f'[[requests]]\npath = "/{number}"\n' for number in range(REQUESTS_LIMIT + 6))

    result = run(serve().url, requests=read(tmp_path / "targets.toml", text, good=HELLO))

    assert [one.name for one in result.requests][-2:] == [f"GET /{REQUESTS_LIMIT - 2}", "7 others"]
    assert sum(one.good for one in result.requests) == result.responses_good > 0


def test_figures_of_several_processes_are_added(serve: Serve, tmp_path: Path) -> None:
    mix = read(tmp_path / "targets.toml", GOOD, good=HELLO)

    one, two = (run(serve(lambda _number: OK).url, requests=mix, processes=processes) for processes in (1, 2))

    assert [(same.name, same.sent) for same in one.requests] == [(same.name, same.sent) for same in two.requests]
