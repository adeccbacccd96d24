from pathlib import Path

import pytest
from rig.deadlines import TIMEOUT_S, wait_until_gone

from rush_hour.errors import StartError
from rush_hour.rig.parts.errand import Ended, Surroundings, prepare, run_errand
from rush_hour.rig.parts.part import base_environment
from rush_hour.rig.parts.run_directory import RunDirectory

SHORT_S = TIMEOUT_S / 10  # and yet long enough for a program to begin


@pytest.fixture
def surroundings(run_directory: RunDirectory, tmp_path: Path) -> Surroundings:
    """The directory of the test, and Rush Hour's environment."""
    return Surroundings(
        run_directory=run_directory, environment=base_environment() | {"WHAT": "salt"}, directory=tmp_path
    )


def run(command: str, surroundings: Surroundings, timeout_s: float = TIMEOUT_S) -> Ended:
    log_path = surroundings.directory / "errand.log"
    return run_errand(["sh", "-c", command], surroundings, log_path=log_path, timeout_s=timeout_s)


def test_an_errand_runs_to_its_end(surroundings: Surroundings) -> None:
    assert run("pwd; echo $WHAT", surroundings) == Ended(exit_code=0, log_tail=f"{surroundings.directory}\nsalt")
    assert (surroundings.directory / "errand.log").read_text() == f"{surroundings.directory}\nsalt\n"


@pytest.mark.parametrize(("command", "exit_code"), [("exit 3", 3), ("kill -9 $$", 137)])
def test_its_exit_code_is_known(surroundings: Surroundings, command: str, exit_code: int) -> None:
    assert run(command, surroundings).exit_code == exit_code


def test_a_program_that_is_not_there_is_told(surroundings: Surroundings, tmp_path: Path) -> None:
    ended = run_errand(["no-such-program"], surroundings, log_path=tmp_path / "log", timeout_s=TIMEOUT_S)

    assert ended == Ended(exit_code=127, log_tail="no-such-program: No such file or directory")


def test_when_the_time_is_up_all_of_it_is_ended(surroundings: Surroundings, tmp_path: Path) -> None:
    ended = run("sleep 1000 & echo $! > id; echo waiting; wait", surroundings, timeout_s=SHORT_S)

    assert ended == Ended(exit_code=None, log_tail="waiting")
    wait_until_gone(int((tmp_path / "id").read_text()))


def test_what_prepares_is_run_in_order_until_something_fails(surroundings: Surroundings, tmp_path: Path) -> None:
    commands = [["sh", "-c", "echo one"], ["sh", "-c", "echo two; exit 5"], ["sh", "-c", "echo three"]]
    steps: list[str] = []

    with pytest.raises(StartError) as caught:
        prepare(commands, surroundings, name="shop", logs=tmp_path, timeout_s=TIMEOUT_S, on_step=steps.append)

    assert str(caught.value) == "prepare: sh -c 'echo two; exit 5': exit code 5.\ntwo"
    assert steps == ["preparing: sh -c 'echo one'", "preparing: sh -c 'echo two; exit 5'"]
    assert {path.name for path in tmp_path.glob("shop.*")} == {"shop.prepare-1.log", "shop.prepare-2.log"}


def test_secrets_of_a_command_are_not_told(surroundings: Surroundings, tmp_path: Path) -> None:
    commands = [["false", "--password", "hunter2", "postgresql://me:hunter2@host/shop"]]
    steps: list[str] = []

    with pytest.raises(StartError) as caught:
        prepare(commands, surroundings, name="shop", logs=tmp_path, timeout_s=TIMEOUT_S, on_step=steps.append)

    shown = "false --password '***' postgresql://me@host/shop"
    assert (steps, str(caught.value)) == ([f"preparing: {shown}"], f"prepare: {shown}: exit code 1.")
