"""How the load was spread over the workers of a real server, by itself and behind nginx."""

import json
from typing import Any

import pytest
from e2e.rush_hour_process import rush_hour_process
from rig.deadlines import TIMEOUT_S

SUITE = """\
name = "balance"
title = "Two workers"

[[requests]]
path = "/"

[load]
rate = 200
connections = 10
processes = 2
duration = "1s"
warmup = "0"
timeout = "20s"

[[systems]]
name = "direct"
title = "API-Hour"
command = "api_hour --workers 2 -b 127.0.0.1:{port} application:application"

[[systems]]
name = "fronted"
title = "API-Hour behind nginx"
command = "api_hour --workers 2 -b unix:{socket} application:application"
front = { protocol = "http", port = 8001 }
"""
APPLICATION = """\
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""

pytestmark = pytest.mark.timeout(6 * TIMEOUT_S)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The run of each system."""
    directory = tmp_path_factory.mktemp("balance")
    (directory / "suite.toml").write_text(SUITE)
    (directory / "application.py").write_text(APPLICATION)
    with rush_hour_process("bench", "suite.toml", "--output", "out", directory=directory) as process:
        assert process.process.wait(4 * TIMEOUT_S) in {0, 4}, process.err  # two systems, one after the other
        process.wait_until_nothing_is_left()
    document = json.loads((directory / "out" / "result.json").read_text())
    return {system["name"]: system["runs"][0] for system in document["systems"]}


def spread(run: dict[str, Any], role: str) -> list[tuple[int | None, int | None]]:
    """Return connections and answers of each process of a role."""
    return [(one["connections"], one["answers"]) for one in run["resources"][role]["processes"]]


def test_the_answers_of_the_workers_are_those_of_the_run(runs: dict[str, dict[str, Any]]) -> None:
    run = runs["direct"]

    processes = spread(run, "server")

    assert run["result"]["responses_good"] == run["result"]["requests_due"] == 200
    assert len(processes) == 3
    assert (0, 0) in processes  # the supervisor
    assert sum(connections for connections, _ in processes) == 10  # type: ignore[misc]  # None would fail
    assert sum(answers for _, answers in processes) == 200  # type: ignore[misc]  # None would fail


def test_behind_nginx_its_workers_have_the_answers_and_the_servers_have_connections(
    runs: dict[str, dict[str, Any]],
) -> None:
    run = runs["fronted"]

    of_proxy, of_server = spread(run, "proxy"), spread(run, "server")

    assert run["result"]["responses_good"] == run["result"]["requests_due"] == 200
    assert sum(connections for connections, _ in of_proxy) == 10  # type: ignore[misc]  # None would fail
    assert sum(answers for _, answers in of_proxy) == 200  # type: ignore[misc]  # None would fail
    assert {answers for _, answers in of_server} == {None}
    assert sum(connections for connections, _ in of_server) > 0  # type: ignore[misc]  # None would fail


def test_each_second_has_its_busiest_process(runs: dict[str, dict[str, Any]]) -> None:
    resources = runs["direct"]["resources"]["server"]

    busiest = [row["busiest_pid"] for row in resources["timeline"] if row["cpu_s"] > 0.01]

    assert busiest
    assert set(busiest) <= {process["pid"] for process in resources["processes"]}


def test_the_slowest_requests_of_the_bench_are_told_of(runs: dict[str, dict[str, Any]]) -> None:
    for run in runs.values():
        assert len(run["result"]["slowest"]) == 10
        assert {slow["status"] for slow in run["result"]["slowest"]} == {200}
