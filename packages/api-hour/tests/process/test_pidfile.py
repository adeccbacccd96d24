"""The pid file: who holds it, what is left behind, and what `stop` and `reload` find through it."""

import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S

from api_hour.errors import ControlError, StartError
from api_hour.process.pidfile import PidFile, running_pid, signal_daemon

HOLDER = """
import sys
from pathlib import Path
from api_hour.process.pidfile import PidFile
with PidFile(Path("a.pid")) as pid_file:
    pid_file.write()
    print("written", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@contextmanager
def holder() -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that holds `a.pid` until its input ends."""
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"written\n"
            yield process
        finally:
            process.kill()


def refusal(path: Path) -> str:
    with pytest.raises(StartError) as caught, PidFile(path) as pid_file:
        pid_file.write()
    return str(caught.value)


def test_it_holds_the_process_id_and_is_removed_at_the_end(tmp_path: Path) -> None:
    with PidFile(Path("a.pid")) as pid_file:
        assert not Path("a.pid").exists()
        pid_file.write()

        assert Path("a.pid").read_text() == f"{os.getpid()}\n"
        assert running_pid(Path("a.pid")) == os.getpid()
        assert stat.S_IMODE(Path("a.pid").stat().st_mode) & 0o022 == 0
    assert not list(tmp_path.iterdir())


def test_it_is_removed_from_where_it_was_written_also_after_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    with PidFile(Path("a.pid")) as pid_file:
        pid_file.write()
        monkeypatch.chdir("below")
    assert not (tmp_path / "a.pid").exists()


def test_without_a_path_there_is_none(tmp_path: Path) -> None:
    with PidFile(None) as pid_file:
        pid_file.write()
        pid_file.replace()
    assert not list(tmp_path.iterdir())


def test_one_that_was_never_written_is_not_removed() -> None:
    Path("a.pid").write_text("1\n")
    with PidFile(Path("a.pid")):
        pass
    assert Path("a.pid").exists()


def test_one_that_a_living_daemon_holds_is_refused_and_kept() -> None:
    with holder() as process:
        assert refusal(Path("a.pid")) == (
            f"--pid {Path.cwd()}/a.pid: the daemon with process id {process.pid} holds it; "
            "stop that one or choose another file."
        )
        assert running_pid(Path("a.pid")) == process.pid


@pytest.mark.parametrize("content", ["1\n", "999999999\n", ""])
def test_one_that_was_left_behind_is_replaced_whoever_has_the_number_now(content: str) -> None:
    Path("a.pid").write_text(content)

    assert running_pid(Path("a.pid")) is None
    with PidFile(Path("a.pid")) as pid_file:
        pid_file.write()
        assert running_pid(Path("a.pid")) == os.getpid()


def test_one_of_a_daemon_that_was_killed_is_replaced() -> None:
    with holder() as process:
        process.kill()
        process.wait(TIMEOUT_S)
        assert Path("a.pid").exists()

        with PidFile(Path("a.pid")) as pid_file:
            pid_file.write()


def test_a_file_that_holds_something_else_is_refused_and_kept() -> None:
    Path("a.pid").write_text("precious\n")

    assert refusal(Path("a.pid")) == (
        f"--pid: expected a process id in {Path.cwd()}/a.pid, found b'precious'. "
        "Choose another file, or remove this one."
    )
    assert Path("a.pid").read_text() == "precious\n"


def test_a_place_where_it_cannot_be_written_is_refused() -> None:
    assert refusal(Path("no/a.pid")) == f"--pid {Path.cwd()}/no/a.pid: it cannot be written: No such file or directory."


def test_a_place_where_it_cannot_be_read_is_refused() -> None:
    Path("file").touch()

    assert refusal(Path("file/a.pid")) == f"--pid {Path.cwd()}/file/a.pid: it cannot be read: Not a directory."


def test_a_successor_takes_the_place_of_its_predecessor_which_leaves_it_alone() -> None:
    with holder() as predecessor, PidFile(Path("a.pid")) as pid_file:
        pid_file.replace()
        pid_file.replace()
        assert running_pid(Path("a.pid")) == os.getpid()

        assert predecessor.stdin is not None
        predecessor.stdin.close()
        assert predecessor.wait(TIMEOUT_S) == 0
        assert running_pid(Path("a.pid")) == os.getpid()


def test_one_that_somebody_has_removed_is_no_error_at_the_end() -> None:
    with PidFile(Path("a.pid")) as pid_file:
        pid_file.write()
        Path("a.pid").unlink()


# Finding a daemon.


def test_the_daemon_that_holds_the_file_gets_the_signal() -> None:
    with holder() as process:
        pid_fd = signal_daemon(Path("a.pid"), signal.SIGTERM)
        try:
            assert select.select([pid_fd], [], [], TIMEOUT_S)[0]
        finally:
            os.close(pid_fd)
        assert process.wait(TIMEOUT_S) == -signal.SIGTERM


@pytest.mark.parametrize("is_there", [True, False])
def test_nobody_is_signalled_when_no_daemon_holds_the_file(is_there: bool) -> None:
    if is_there:
        Path("a.pid").write_text(f"{os.getpid()}\n")  # a stale file may name anybody

    with pytest.raises(ControlError) as caught:
        signal_daemon(Path("a.pid"), signal.SIGKILL)

    assert str(caught.value) == "no daemon runs that holds a.pid; nothing was done."


def test_a_daemon_that_ends_while_it_is_looked_for_is_not_signalled(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([os.getpid(), None])
    monkeypatch.setattr("api_hour.process.pidfile.running_pid", lambda _path: next(answers))

    with pytest.raises(ControlError) as caught:
        signal_daemon(Path("a.pid"), signal.SIGKILL)

    assert str(caught.value) == "the daemon that held a.pid has just ended; nothing was done."


def test_a_file_that_cannot_be_read_is_said() -> None:
    with pytest.raises(ControlError) as caught:
        signal_daemon(Path(), signal.SIGHUP)

    assert str(caught.value) == ".: Is a directory; nothing was done."


def test_a_daemon_that_may_not_be_signalled_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid_fd: int, _number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(signal, "pidfd_send_signal", refuse)
    with holder() as process, pytest.raises(ControlError) as caught:
        signal_daemon(Path("a.pid"), signal.SIGHUP)

    assert str(caught.value) == (
        f"the daemon with process id {process.pid} cannot be signalled: Operation not permitted."
    )
