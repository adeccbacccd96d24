"""Loads of a server that is started for them, once and several times."""

import shlex
import socket
import sys
from pathlib import Path

import pytest
from e2e.rush_hour_process import rush_hour_process
from e2e.small_systems import SERVER
from e2e.test_bench import a_free_port
from load_runs import assert_answered_well
from rig.deadlines import TIMEOUT_S

from rush_hour.results.document import RepeatFacts
from rush_hour.results.file import read_document

pytestmark = pytest.mark.timeout(4 * TIMEOUT_S)


@pytest.fixture
def port(tmp_path: Path) -> int:
    """A port, and in the directory a server for it."""
    (tmp_path / "server.py").write_text(SERVER)
    return a_free_port()


def load_of(port: int, *more: str, manner: str = "fine") -> tuple[str, ...]:
    start = f"{shlex.quote(sys.executable)} server.py {port} {manner}"
    return ("load", f"http://127.0.0.1:{port}/", "-R", "100", "-c", "4", "-t", "1", "--start", start, *more)


def test_each_start_is_a_run_and_is_watched(port: int, tmp_path: Path) -> None:
    arguments = load_of(port, "-d", "500ms", "--repeats", "3", "--json", "r.json")
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        assert process.wait() in {0, 4}
        process.wait_until_nothing_is_left()

    document = read_document(tmp_path / "r.json")
    [system] = document.systems
    assert [run.block for run in system.runs] == [1, 2, 3]
    assert document.repeats == RepeatFacts(blocks=3, seed=0)
    assert system.command_line == shlex.join([sys.executable, "server.py", str(port), "fine"])
    assert [line.text for log in system.logs for line in log.lines] == ["serving"] * 3
    for run in system.runs:
        assert_answered_well(run.result, 50)
        assert run.resources is not None
        assert run.resources.server.max_rss_bytes > 0
    assert "[3 of 3] starting\n" in process.err
    assert f"http://127.0.0.1:{port}/, start 3\n" in process.out


def test_one_start_is_a_run_like_any_other(port: int, tmp_path: Path) -> None:
    arguments = load_of(port, "-d", "300ms", "--json", "r.json")
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        assert process.wait() in {0, 4}
        process.wait_until_nothing_is_left()

    document = read_document(tmp_path / "r.json")
    [run] = document.systems[0].runs
    assert (document.repeats, run.block) == (None, None)
    assert "of CPU time for each good answer\n" in process.out


def test_ctrl_c_keeps_the_runs_that_are_whole(port: int, tmp_path: Path) -> None:
    arguments = load_of(port, "-d", "1s", "--repeats", "100", "--json", "r.json")
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        process.wait_until_it_says("[2 of 100] measuring")
        process.press_ctrl_c()
        assert process.wait() == 130
        process.wait_until_nothing_is_left()

    [system] = read_document(tmp_path / "r.json").systems
    assert [run.block for run in system.runs if not run.is_interrupted]  # it may come before the second has measured
    assert f"http://127.0.0.1:{port}/, start 1\n" in process.out


def test_a_budget_ends_it(port: int, tmp_path: Path) -> None:
    arguments = load_of(port, "-d", "300ms", "--budget", "10ms", "--json", "r.json")
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        assert process.wait() in {0, 4}

    document = read_document(tmp_path / "r.json")
    assert document.repeats is not None
    assert document.repeats.ended_because == "another block would take longer than 0.01s altogether"
    assert len(document.systems[0].runs) == 1


def test_a_server_that_ends_is_told_with_its_last_words(port: int, tmp_path: Path) -> None:
    start = shlex.join([sys.executable, "-c", "print('no such table')"])
    arguments = ("load", f"http://127.0.0.1:{port}/", "-R", "100", "--start", start)
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        assert process.wait() == 3
        process.wait_until_nothing_is_left()
    assert process.err.endswith("ended with exit code 0 before it was ready.\nno such table\n")


def test_a_server_that_dies_under_load_leaves_the_runs_before_it(port: int, tmp_path: Path) -> None:
    with rush_hour_process(*load_of(port, "-d", "2s", manner="mortal"), directory=tmp_path) as process:
        assert process.wait() == 3
        process.wait_until_nothing_is_left()
    assert "the server ended with exit code 9 under load" in process.err


def test_another_server_at_the_address_is_not_measured(port: int, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        rush_hour_process(*load_of(port), directory=tmp_path) as process,
    ):
        assert process.wait() == 2
    assert "--start: expected nothing at 127.0.0.1:" in process.err
