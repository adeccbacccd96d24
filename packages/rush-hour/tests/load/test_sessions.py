"""Users with sessions: each connection logs in, keeps its own cookies, and goes on with what it was told."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from load_runs import assert_answered_well, plan_for, run
from profiles import profile_of
from session_server import LOGIN, session_server

from rush_hour.core.arrivals import ClosedLoop, Constant
from rush_hour.core.profiled_arrivals import arrivals_of
from rush_hour.errors import StartError
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import run_load
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.load.workload.workload import build_workload

WITH_NOTE = (
    LOGIN
    + """
[[session.requests]]
method = "POST"
path = "/notes"
headers = { X-CSRF = "{{csrf}}" }
take = { note = { json = "/id" }, place = { header = "Location" } }
expect = { status = 201 }
"""
)
REQUESTS = """
[[requests]]
name = "who I am"
weight = 3
path = "/me"
expect = { json = '{"user": "%s"}' }

[[requests]]
name = "my note"
path = "/notes/{{note}}"

[[requests]]
name = "where it is"
path = "{{place}}"

[[requests]]
name = "write"
method = "POST"
path = "/notes"
headers = { X-CSRF = "{{csrf}}" }
json = { text = "of {{user}}, on connection {{connection}}" }
expect = { status = "201" }
take = { note = { json = "/id" } }
"""
USERS = "user\n" + "".join(f"user {number} ü&=\n" for number in range(7))


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server with logins."""
    with session_server() as url:
        yield url


def plan_of(url: str, directory: Path, text: str, users: str = USERS, **changes: object) -> LoadPlan:
    """Return a plan of a target file, whose own words say what is good."""
    (directory / "users.csv").write_text(users, encoding="utf-8")
    path = directory / "targets.toml"
    path.write_text(text, encoding="utf-8")
    _file, spec = read_target_file(path)
    workload = build_workload(spec, directory, parse_url(url + "/"), seed=1)
    workload = workload.expecting([wanted.said() for wanted in workload.wanted])
    return plan_for(url + "/", requests=workload.source(), **changes)  # type: ignore[arg-type]


def office(url: str) -> dict[str, int]:
    """Return how many sessions there were, and how often a connection had another's cookies."""
    with urlopen(f"{url}/who") as answer:  # noqa: S310  # our own server
        said: dict[str, int] = json.load(answer)
    return said


def test_each_connection_logs_in_and_keeps_its_cookies_and_values(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE + REQUESTS.replace('expect = { json = \'{"user": "%s"}\' }\n', "")

    result = run_load(plan_of(server, tmp_path, text, connections=20, rate_per_s=300)).result

    assert_answered_well(result, 300)
    assert result.responses_by_status.keys() == {"200", "201"}
    assert [one.name for one in result.requests] == ["who I am", "my note", "where it is", "write"]
    assert min(one.good for one in result.requests) > 20
    assert office(server) == {"sessions": 20, "mistakes": 0}


def test_users_have_the_rows_of_their_connections(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE + REQUESTS % "{{user}}".replace("{{user}}", "user 0 \\u00fc&=")

    result = run_load(plan_of(server, tmp_path, text, connections=7, rate_per_s=210)).result

    who = result.requests[0]
    assert who.good == pytest.approx(who.sent / 7, abs=1 + who.sent / 14)
    assert result.first_bad is not None
    assert result.first_bad.request == "who I am"
    assert result.first_bad.what.startswith("a body whose JSON differs at $.user")


def test_a_login_that_fails_ends_the_run_with_what_was_answered(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE.replace("secret of", "guess of") + REQUESTS

    with pytest.raises(StartError) as caught:
        run_load(plan_of(server, tmp_path, text, connections=3, processes=1))

    assert str(caught.value) == (
        "session: expected 9 good answers to the requests that connections begin with; 6 are missing. "
        "The first bad answer, to 'POST /login', had status 401, expected 303; it begins with: wrong password"
    )


def test_a_value_that_is_not_in_an_answer_makes_it_a_bad_one(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE + '[[requests]]\npath = "/me"\ntake = { csrf = { header = "X-None" } }\n'

    result = run_load(plan_of(server, tmp_path, text)).result

    assert (result.responses_good, result.responses_bad) == (0, 200)
    assert result.first_bad is not None
    assert (result.first_bad.differs, result.first_bad.what) == (
        "value",
        "no value for 'csrf': there is no header 'X-None' in the answer",
    )


@pytest.mark.parametrize("expect", ["{ body = 'any' }", "{ json = { id = 7 } }", "{ status = 200 }"])
def test_answers_in_chunks_are_heard_as_others_are(server: str, tmp_path: Path, expect: str) -> None:
    """Each is the same as the one before, to the byte, and known by that; several are on their way at first."""
    text = f"[[requests]]\npath = '/chunked'\nexpect = {expect}\n"
    taken = text + "take = { id = { json = '/id' } }\n[[requests]]\npath = '/chunked?{{connection}}'\n"

    for one in ("[session]\n" + text, taken):
        plan = replace(plan_of(server, tmp_path, one), processes=1, timeout_s=30.0)
        schedule = replace(plan.schedule, arrivals=ClosedLoop(), connections=20, duration_s=60.0, max_requests=200)
        result = run_load(replace(plan, schedule=schedule)).result
        assert (result.responses_good, result.first_bad) == (200, None)


def test_a_user_stays_the_same_on_a_new_connection(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE + '[[requests]]\npath = "/me"\n[[requests]]\npath = "/close"\n'

    kept = run_load(plan_of(server, tmp_path, text, connections=5)).result
    opened = run_load(plan_of(server, tmp_path, text, connections=5, connection_per_request=True)).result

    assert kept.responses_good + kept.requests_failed == kept.requests_due
    assert kept.responses_by_status.keys() == opened.responses_by_status.keys() == {"200"}
    assert kept.connections.reconnects > 10
    assert_answered_well(opened, 200)
    assert office(server) == {"sessions": 10, "mistakes": 0}


def test_a_cookie_that_is_deleted_is_not_sent_any_more(server: str, tmp_path: Path) -> None:
    text = WITH_NOTE + '[[requests]]\npath = "/leave"\nexpect = { status = 303 }\n[[requests]]\npath = "/me"\n'

    result = run_load(plan_of(server, tmp_path, text, connections=4)).result

    assert result.responses_bad_by_status.keys() == {"401"}
    assert office(server) == {"sessions": 4, "mistakes": 0}


def test_cookies_are_kept_without_a_login_too(server: str, tmp_path: Path) -> None:
    text = '[session]\n[[requests]]\npath = "/login"\ntake = { csrf = { cookie = "csrf" } }\n'

    result = run(server + "/", requests=plan_of(server, tmp_path, text).requests)

    assert_answered_well(result, 200)
    assert office(server) == {"sessions": 0, "mistakes": 0}


def test_sessions_begin_at_a_server_that_waits_for_each_connection_in_one_of_two_threads(tmp_path: Path) -> None:
    """As Gunicorn's threads do: connections that are open and silent would keep it from those that log in."""
    text = (
        '[session]\n[[session.requests]]\npath = "/a"\n[[session.requests]]\npath = "/b"\n[[requests]]\npath = "/c"\n'
    )
    with two_threads() as url:
        result = run_load(plan_of(url, tmp_path, text, connections=16, processes=1, timeout_s=10.0)).result

    assert_answered_well(result, 200)


@contextmanager
def two_threads() -> Iterator[str]:
    """A server that reads a request from one connection, or waits for it, in each of two threads."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # it is closed
            with connection:
                if connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(serve)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def test_ten_thousand_users_have_their_own_cookies_in_little_memory(server: str, tmp_path: Path) -> None:
    users = "user\n" + "".join(f"user {number}\n" for number in range(10_000))
    plan = plan_of(
        server, tmp_path, WITH_NOTE + REQUESTS.replace('expect = { json = \'{"user": "%s"}\' }\n', ""), users
    )
    schedule = replace(plan.schedule, connections=10_000, arrivals=Constant(rate_per_s=1000), duration_s=12.0)

    result = run_load(replace(plan, schedule=schedule, timeout_s=30.0)).result

    assert_answered_well(result, 12_000)
    assert office(server) == {"sessions": 10_000, "mistakes": 0}
    assert result.generator.max_rss_bytes / result.generator.processes < 250 * 1024 * 1024


def test_users_may_follow_a_profile_and_their_names_add_up_over_its_phases(server: str, tmp_path: Path) -> None:
    profile = profile_of("steps:100,200/500ms")
    text = WITH_NOTE + REQUESTS.replace('expect = { json = \'{"user": "%s"}\' }\n', "")

    plan = plan_of(server, tmp_path, text, connections=20, arrivals=arrivals_of(profile), duration_s=profile.duration_s)
    result = run_load(plan).result

    assert [(phase.name, phase.due, phase.good) for phase in result.phases] == [
        ("step 1", 50, 50),
        ("step 2", 100, 100),
    ]
    assert sum(one.good for one in result.requests) == result.responses_good == result.requests_due == 150
    assert office(server) == {"sessions": 20, "mistakes": 0}
