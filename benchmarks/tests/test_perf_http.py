"""`make perf-http`, short, on what is installed here: API-Hour itself."""

import shutil
import subprocess
import sys
from itertools import chain

import pytest
from command_lines import BENCHMARKS, ENVIRONMENT
from http_servers import TABLES

from rush_hour.rig.suite.reading import read_suite

SCRIPT = BENCHMARKS / "perf" / "http_servers.py"
ONLY_ON_AGENTS = {"api-hour-json", "api-hour-coalesced"}
ONLY_ON_INDEX = {"api-hour-plain", "socketify-coroutine"}  # other kinds of handlers: that of /agents must wait


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, SCRIPT, *options], capture_output=True, text=True, check=False)


def test_both_suites_have_the_same_peers() -> None:
    index, agents = (read_suite(BENCHMARKS / "suites" / name) for name in ("hello.toml", "agents-peers.toml"))

    names = [{system.name for system in suite.systems} for suite in (index, agents)]
    assert names[1] - names[0] == ONLY_ON_AGENTS
    assert names[0] - names[1] == ONLY_ON_INDEX
    assert (index.workers, agents.workers) == (1, 1)
    assert {"api-hour", "api-hour-asgi", "api-hour-fastapi"} <= names[0]
    pairs = TABLES["/index"][1].like_for_like
    assert names[0] >= {*pairs, *chain.from_iterable(pairs.values())}


def test_the_three_suites_of_wsgi_have_the_same_servers_and_each_peer_has_its_pair() -> None:
    suites = [read_suite(TABLES[table][0]) for table in ("wsgi", "flask", "django")]

    names = [[system.name for system in suite.systems] for suite in suites]
    pairs = TABLES["wsgi"][1].like_for_like
    assert names == [names[0]] * 3
    assert {*names[0]} == {*pairs, *chain.from_iterable(pairs.values())}


@pytest.mark.parametrize("table", ["/agents", "flask", "django"])
def test_the_agents_are_those_of_the_published_comparison(table: str) -> None:
    published, agents = read_suite(BENCHMARKS / "suites" / "published.toml"), read_suite(TABLES[table][0])

    assert agents.requests == published.requests
    assert agents.database == published.database


def test_each_has_four_connections_to_the_database() -> None:
    agents = read_suite(BENCHMARKS / "suites" / "agents-peers.toml")

    assert {system.env["DATABASE_CONNECTIONS"] for system in agents.systems} == {"4"}


@pytest.mark.parametrize(
    ("path", "name", "columns"),
    [("/index", "api-hour", 13), ("/index", "api-hour-plain", 13), ("/agents", "api-hour", 14)],
)
def test_a_system_takes_its_turns_and_has_a_row(path: str, name: str, columns: int) -> None:
    done = run("--path", path, "--only", name, "--repetitions", "2", "--duration", "0.3", "--retries", "0")

    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith(f"{name} ")]
    assert [len(row) - 1 for row in rows] == [columns], done.stdout
    assert done.stderr.count(f"{name}:") == 2


def test_all_systems_have_as_many_workers_as_is_said() -> None:
    done = run(
        "--table",
        "wsgi",
        "--only",
        "uwsgi",
        "--workers",
        "2",
        "--repetitions",
        "1",
        "--duration",
        "0.3",
        "--retries",
        "0",
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("wsgi, 2 workers, 64 connections, medians of 1 turns"), done.stdout


def test_an_unknown_system_is_refused_with_those_that_are_known() -> None:
    done = run("--only", "apache")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("--only: expected one of api-hour, api-hour-plain, api-hour-asgi, ")
    assert done.stderr.endswith("; got 'apache'.\n")


@pytest.mark.skipif(shutil.which("granian", path=ENVIRONMENT["PATH"]) is not None, reason="it can run here")
def test_what_cannot_run_is_told_with_the_reason() -> None:
    done = run("--path", "/index", "--only", "granian", "--repetitions", "1")

    assert (done.returncode, done.stdout) == (3, "granian: the program 'granian' is not installed.\n\n")
