"""Keepers as the rig starts them: by their path, with a pipe to their standard input."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rig.deadlines import TIMEOUT_S, wait_for, wait_until_gone

from rush_hour.rig.parts.keeper import descendants
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import KEEPER_COMMAND

Keep = Callable[..., "subprocess.Popen[str]"]

TREE = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"])
in_another_session = subprocess.Popen(["sleep", "1000"], start_new_session=True)
daemon = subprocess.run(["sh", "-c", "setsid sleep 1000 >/dev/null & echo $!"], stdout=subprocess.PIPE, check=True)
print(os.getpid(), child.pid, in_another_session.pid, int(daemon.stdout), flush=True)
"""
FOREVER = "\nwhile True: time.sleep(1000)"


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Start keepers; the end of their input ends them."""
    with ExitStack() as stack:

        def start(*command: str, options: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
            keeper = subprocess.Popen(
                (*KEEPER_COMMAND, *options, "--", *command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            return stack.enter_context(keeper)

        yield start


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-u", "-c", program)


def first_line(keeper: "subprocess.Popen[str]") -> str:
    assert keeper.stdout is not None
    return keeper.stdout.readline()


def close(keeper: "subprocess.Popen[str]") -> int:
    """Close a keeper's pipe, as the rig does, and return the keeper's exit code."""
    assert keeper.stdin is not None
    keeper.stdin.close()
    return keeper.wait(TIMEOUT_S)


@pytest.mark.parametrize(
    ("program", "exit_code"),
    [
        ("raise SystemExit(3)", 3),
        ("", 0),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_a_keeper_ends_with_its_commands_exit_code(keep: Keep, program: str, exit_code: int) -> None:
    assert keep(*python(program)).wait(TIMEOUT_S) == exit_code


def test_a_command_that_is_not_there_is_named(keep: Keep) -> None:
    keeper = keep("/no/such/program")

    assert keeper.communicate(timeout=TIMEOUT_S) == ("", "/no/such/program: No such file or directory\n")
    assert keeper.returncode == 127


def test_the_stop_signal_is_the_chosen_one_and_is_obeyed_in_peace(keep: Keep) -> None:
    program = "import time\ntry:\n print('up')\n time.sleep(1000)\nexcept KeyboardInterrupt: print('stopping')"
    keeper = keep(*python(program), options=("--stop-signal=SIGINT",))
    assert first_line(keeper) == "up\n"

    assert close(keeper) == 0
    assert first_line(keeper) == "stopping\n"


def test_a_command_that_does_not_stop_is_killed_with_its_children_sessions_and_daemons(keep: Keep) -> None:
    keeper = keep(*python(TREE + FOREVER), options=("--grace=0.1",))
    process_ids = [int(word) for word in first_line(keeper).split()]

    assert close(keeper) == 128 + signal.SIGKILL
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]


def test_what_a_command_leaves_behind_ends_with_it(keep: Keep) -> None:
    keeper = keep(*python(TREE + "sys.exit(5)"))
    process_ids = [int(word) for word in first_line(keeper).split()]

    assert keeper.wait(TIMEOUT_S) == 5
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]


def test_the_whole_tree_ends_when_the_keepers_owner_is_killed(tmp_path: Path) -> None:
    command = [*KEEPER_COMMAND, "--grace=0.1", "--", *python(TREE + FOREVER)]
    owner_program = f"import subprocess\nsubprocess.Popen({command!r}, stdin=subprocess.PIPE).wait()"
    with subprocess.Popen(python(owner_program), stdout=subprocess.PIPE, text=True) as owner:
        process_ids = [int(word) for word in first_line(owner).split()]
        [keeper_id] = [pid for pid in descendants(owner.pid) if process_ids[0] in descendants(pid)]
        owner.kill()

        wait_until_gone(*process_ids, keeper_id)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_no_signal_but_the_end_of_its_pipe_stops_a_keeper(keep: Keep, number: signal.Signals) -> None:
    """The signal comes first, so its effect would have come first too."""
    program = "import sys, time\nprint('up')\ntime.sleep(1000)"
    keeper = keep(*python(program))
    assert first_line(keeper) == "up\n"
    wait_for(lambda: ignores(keeper.pid, number), f"a keeper that ignores {number.name}")

    keeper.send_signal(number)

    assert close(keeper) == 128 + signal.SIGTERM  # the command's own end


def ignores(process_id: int, number: signal.Signals) -> bool:
    [mask] = [
        line.split()[1]
        for line in Path(f"/proc/{process_id}/status").read_text().splitlines()
        if line.startswith("SigIgn:")
    ]
    return bool(int(mask, 16) & 1 << (number - 1))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run a command as another user")
def test_a_command_can_run_as_another_user_in_that_users_group_only(keep: Keep) -> None:
    keeper = keep("/bin/sh", "-c", "id -u; id -G", options=("--user=nobody",))

    nobody = pwd.getpwnam("nobody")
    assert [first_line(keeper), first_line(keeper)] == [f"{nobody.pw_uid}\n", f"{nobody.pw_gid}\n"]
    assert keeper.wait(TIMEOUT_S) == 0


def test_a_process_whose_name_is_no_text_is_seen_like_any_other(start_part: Callable[..., Part]) -> None:
    part = start_part("open('/proc/self/comm', 'wb').write(b'a) \\xff (b')\nprint('up')\nimport time\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the renamed process")

    [process_id] = part.process_ids()
    assert Path(f"/proc/{process_id}/comm").read_bytes() == b"a) \xff (b\n"
    part.stop()
    assert not Path(f"/proc/{process_id}").exists()
