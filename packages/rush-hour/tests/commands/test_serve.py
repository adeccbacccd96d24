"""`rush-hour serve` and `rush-hour database`, which stay up until Ctrl-C."""

import os
import re
import shlex
import signal
import socket
import urllib.request
from pathlib import Path

import psycopg
import pytest
from commands.in_process import Said, rush_hour
from e2e.rush_hour_process import rush_hour_process
from e2e.small_systems import DATABASE, system, write_suite
from rig.deadlines import TIMEOUT_S

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_system_is_served_until_ctrl_c(tmp_path: Path, free_port: int, number: signal.Signals) -> None:
    suite = write_suite(tmp_path, system("fine", "fine", free_port))

    with rush_hour_process("serve", "fine", "--suite", suite, directory=tmp_path) as process:
        process.wait_until_it_says("Ctrl-C stops everything")
        assert process.out == f"fine answers at http://127.0.0.1:{free_port}/agents\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/agents", timeout=TIMEOUT_S) as answer:
            assert answer.read() == b"hello"
        [directory] = process.run_directories()
        assert process.err == f"starting fine\nlogs: {directory}/logs; Ctrl-C stops everything\n"
        assert (directory / "logs" / "fine.log").read_text() == "serving\n"

        os.killpg(process.process.pid, number)

        assert process.wait() == 0
        assert not directory.exists()
        process.wait_until_nothing_is_left()


def test_a_taken_port_is_said(tmp_path: Path, free_port: int) -> None:
    suite = write_suite(tmp_path, system("fine", "fine", free_port))

    with (
        socket.create_server(("127.0.0.1", free_port)),
        rush_hour_process("serve", "fine", "--suite", suite, directory=tmp_path) as process,
    ):
        process.wait_until_it_says("Ctrl-C stops everything")
        said = re.search(r"^port (\d+) was taken: (\d+) was used\.$", process.err, re.MULTILINE)

    assert said is not None
    assert said[1] == str(free_port)
    assert process.out == f"fine answers at http://127.0.0.1:{said[2]}/agents\n"


def test_a_system_that_ends_by_itself_ends_the_serving(tmp_path: Path, free_port: int) -> None:
    suite = write_suite(tmp_path, system("twice", "twice", free_port))

    with rush_hour_process("serve", "twice", "--suite", suite, directory=tmp_path) as process:
        code = process.wait()

    assert code == 3
    assert process.err.endswith("rush-hour: the server ended with exit code 8.\nserving\ntwice is enough\n")


def test_nothing_is_left_when_the_serving_is_killed(tmp_path: Path, free_port: int) -> None:
    suite = write_suite(tmp_path, system("stubborn", "stubborn", free_port))

    with rush_hour_process("serve", "stubborn", "--suite", suite, directory=tmp_path) as process:
        process.wait_until_it_says("Ctrl-C stops everything")
        assert process.run_directories()

        process.process.kill()

        process.wait()
        process.wait_until_nothing_is_left()


def test_the_database_of_a_suite_is_kept_up_for_systems_started_by_hand(tmp_path: Path, free_port: int) -> None:
    suite = write_suite(tmp_path, DATABASE, system("fine", "fine", free_port))

    with rush_hour_process("database", "--suite", suite, directory=tmp_path) as process:
        process.wait_until_it_says("Ctrl-C stops it")
        export, assignment = shlex.split(process.out)
        with psycopg.connect(assignment.removeprefix("DATABASE_URL=")) as connection:
            assert connection.execute("SELECT count(*) FROM agents").fetchall() == [(0,)]
        process.press_ctrl_c()

        assert process.wait() == 0
        process.wait_until_nothing_is_left()

    assert export == "export"
    assert process.err == "starting PostgreSQL\nloading the database\nCtrl-C stops it\n"


def test_an_unknown_system_is_told_with_the_known_ones(capsys: Capture, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, system("one", "fine", 8000), system("two", "fine", 8000))

    assert rush_hour(capsys, "serve", "three", "--suite", suite) == Said(
        2, "", "rush-hour: SYSTEM: expected one of one, two; got 'three'.\n"
    )
    assert rush_hour(capsys, "serve", "--suite", suite) == Said(
        2, "", "rush-hour: SYSTEM: expected one of one, two; got none.\n"
    )
    assert rush_hour(capsys, "serve", "--suite", suite, "--app", "a:b") == Said(
        2, "", "rush-hour: --app: expected either an application or --suite, got both.\n"
    )


@pytest.mark.parametrize("command", [("serve", "one"), ("database",)])
def test_a_missing_suite_is_told(capsys: Capture, tmp_path: Path, command: tuple[str, ...]) -> None:
    path = tmp_path / "none.toml"

    assert rush_hour(capsys, *command, "--suite", path) == Said(
        2, "", f"rush-hour: --suite: expected a file, got '{path}'.\n"
    )


def test_a_system_that_cannot_run_here_is_told(capsys: Capture, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, system("one", "fine", 8000).replace("python -I", "no-such-python -I"))

    said = rush_hour(capsys, "serve", "one", "--suite", suite)

    assert (said.code, said.out) == (3, "")
    assert said.err == "starting one\nrush-hour: the program 'no-such-python' is not installed.\n"


def test_a_database_server_that_is_not_there_is_told(capsys: Capture, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, DATABASE, system("one", "fine", 8000))

    said = rush_hour(capsys, "database", "--suite", suite, "--database", f"postgresql:///x?host={tmp_path}")

    assert said.code == 3
    assert said.err.startswith("loading the database\nrush-hour: PostgreSQL, a database for the run: connection ")
