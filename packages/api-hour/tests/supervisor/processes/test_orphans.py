"""Children that a supervisor gets without having started them."""

import os
import subprocess
import sys

import pytest
from event_loops import TIMEOUT_S

from api_hour.supervisor.processes.orphans import reap_orphans


def ended_child(exit_code: int) -> int:
    """Start a child that has ended and is not waited for; return its process id."""
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"exit {exit_code}"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def test_a_child_that_is_not_ours_is_waited_for() -> None:
    pids = [ended_child(1), ended_child(2)]

    reap_orphans({None})

    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_how_one_of_ours_has_ended_is_left_to_who_asks() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "raise SystemExit(7)"]) as ours:
        os.waitid(os.P_PID, ours.pid, os.WEXITED | os.WNOWAIT)
        orphan = ended_child(1)

        reap_orphans({ours.pid})
        assert ours.wait(TIMEOUT_S) == 7
        reap_orphans({ours.pid})

    with pytest.raises(ChildProcessError):
        os.waitpid(orphan, os.WNOHANG)


def test_one_that_lives_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        reap_orphans(())
        assert child.poll() is None
        child.kill()


def test_there_may_be_no_child() -> None:
    reap_orphans(())
