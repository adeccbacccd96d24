"""The connections that are open at the end of a run, and what came on each."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from in_process_load import ONE_AFTER_THE_OTHER, ThisProcess
from load_runs import plan_for
from scripted_server import OK, ScriptedServer

from rush_hour.core.arrivals import ClosedLoop
from rush_hour.core.schedule import Schedule
from rush_hour.load.local import processes as processes_module
from rush_hour.load.local.processes import Processes
from rush_hour.load.run import Observer, run_load
from rush_hour.load.share import OpenConnection
from rush_hour.results.run import LoadResult

Serve = Callable[..., ScriptedServer]
CLOSING = OK.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def open_at_the_end(url: str, **changes: object) -> tuple[LoadResult, list[OpenConnection]]:
    """Send 20 requests, one after the other on each connection, and return what is open then."""
    found: list[list[OpenConnection]] = []
    changes = {**ONE_AFTER_THE_OTHER, "max_requests": 20, **changes}
    generators = {} if changes["processes"] == 2 else {"generators": ThisProcess}
    plan = plan_for(url, **changes)  # type: ignore[arg-type]  # the changes are of the plan's own fields
    run = run_load(plan, Observer(on_connections=found.append), **generators)
    [connections] = found
    return run.result, connections


@pytest.mark.parametrize("processes", [1, 2])
def test_every_answer_came_on_a_connection_that_is_still_open(serve: Serve, processes: int) -> None:
    server = serve()
    warmup = Schedule(arrivals=ClosedLoop(), duration_s=60.0, connections=4, max_requests=33)

    result, connections = open_at_the_end(server.url, connections=4, processes=processes, warmup=warmup)

    assert [connection.answers for connection in connections] == [5, 5, 5, 5]
    assert result.responses_total == 20
    assert {connection.peer for connection in connections} == {("127.0.0.1", server.port)}
    assert len({connection.own for connection in connections}) == 4


@pytest.mark.parametrize(
    ("fifth", "errors", "answers"), [(None, {"read:EOF": 1}, 15), (CLOSING, {}, 15)], ids=["failed", "answered"]
)
def test_of_a_connection_that_was_opened_again_what_came_since_counts(
    serve: Serve, fifth: bytes | None, errors: dict[str, int], answers: int
) -> None:
    server = serve(lambda number: fifth if number == 4 else OK)

    result, [connection] = open_at_the_end(server.url, connections=1)

    assert connection.answers == answers
    assert result.errors == errors
    assert result.connections.reconnects == 1


def test_no_connection_is_open_where_each_request_has_its_own(serve: Serve) -> None:
    _, connections = open_at_the_end(serve().url, connections=2, connection_per_request=True)

    assert connections == []


def test_a_unix_socket_has_no_ends_to_tell(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "server.sock"
    serve(unix=path)

    result, connections = open_at_the_end("http://localhost/", connections=2, unix=path)

    assert (result.responses_good, connections) == (20, [])


def test_a_process_that_does_not_say_which_are_open_is_left_out(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes_module, "LOOK_TIMEOUT_S", 1.0)
    plan = plan_for(serve().url, arrivals=ClosedLoop(), duration_s=60.0, connections=4, max_requests=20)
    with Processes(plan) as processes:
        processes.open_connections()
        processes.run(plan.schedule)
        os.kill(processes._processes[0].pid, signal.SIGSTOP)

        connections = processes.connections()

    assert [connection.answers for connection in connections] == [5, 5]


def test_a_connection_that_was_reset_is_left_out(serve: Serve) -> None:
    server = serve()
    plan = plan_for(server.url, connections=1, processes=1)
    with ThisProcess(plan) as generator:
        generator.open_connections()
        [connection] = generator._injector._exchange.connections
        assert connection.sock is not None
        before = generator.connections()
        connection.sock.shutdown(2)  # type: ignore[union-attr]  # it is a plain one
        server.stop()
        after = generator.connections()

    assert ([one.answers for one in before], after) == ([0], [])
