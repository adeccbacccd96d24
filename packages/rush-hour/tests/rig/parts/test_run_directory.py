import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rig.deadlines import wait_for, wait_until_gone

from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory, without_interrupt

OWNER = """
import sys, time
from pathlib import Path
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory
with RunDirectory() as directory:
    log_path = Path(sys.argv[1])
    with Part(
        ["sleep", "1000"], directory, log_path=log_path, environment=base_environment(), directory=directory.path
    ) as part:
        while not part.process_ids():
            time.sleep(0.01)
        print(directory.path, *part.process_ids(), flush=True)
        time.sleep(1000)
"""
INTERRUPTED_OWNER = """
import os, signal, tempfile
from rush_hour.rig.parts.run_directory import RunDirectory
make = tempfile.mkdtemp
def make_and_interrupt(**options):
    path = make(**options)
    print(path, flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    return path
tempfile.mkdtemp = make_and_interrupt
with RunDirectory():
    print("entered")
"""
SLOW_TO_STOP = """
import os, signal, sys, time
def stop(number, frame):
    print("stopping")
    time.sleep(0.3)
    print("the directory is there" if os.path.isdir(sys.argv[1]) else "the directory is gone")
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print("up")
time.sleep(1000)
"""


def test_the_directory_is_removed_with_all_that_is_in_it() -> None:
    with RunDirectory() as directory:
        (directory.path / "inside").mkdir()
        (directory.path / "inside" / "file").touch()

    assert not directory.path.exists()


def test_its_path_leaves_room_for_the_name_of_a_unix_socket() -> None:
    with RunDirectory() as directory:
        assert len(str(directory.path)) < 40  # of the 107 that a socket's path may have
        assert directory.path.stat().st_mode & 0o777 == 0o711


def test_it_is_removed_when_its_owner_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "part.log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        path, *process_ids = owner.stdout.readline().split()
        assert Path(path).is_dir()
        owner.kill()

    wait_until_gone(*map(int, process_ids))
    wait_for(lambda: not Path(path).exists(), "the end of the run's directory")


def test_it_is_removed_when_ctrl_c_comes_the_moment_it_is_made() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED_OWNER], capture_output=True, text=True, check=False)

    assert done.stderr.endswith("KeyboardInterrupt\n")
    [path] = done.stdout.splitlines()
    wait_for(lambda: not Path(path).exists(), "the end of the run's directory")


def test_it_stays_until_the_last_part_has_ended(tmp_path: Path) -> None:
    log_path = tmp_path / "part.log"
    with RunDirectory() as directory:
        command = [sys.executable, "-u", "-c", SLOW_TO_STOP, str(directory.path)]
        part = Part(command, directory, log_path=log_path, environment=base_environment(), directory=tmp_path)
        wait_for(lambda: log_path.read_text() == "up\n", "the part")
        assert part._keeper.stdin is not None
        part._keeper.stdin.close()  # as when the rig is killed: nobody waits for the part

    assert part.wait() == 0
    assert log_path.read_text() == "up\nstopping\nthe directory is there\n"
    assert not directory.path.exists()


def test_a_part_that_was_not_stopped_ends_with_the_directory(tmp_path: Path) -> None:
    """As when Ctrl-C comes at the beginning of its end."""
    with RunDirectory() as directory:
        part = Part(
            [sys.executable, "-I", "-S", "-u", "-c", SLOW_TO_STOP, str(directory.path)],
            directory,
            log_path=tmp_path / "part.log",
            environment=base_environment(),
            directory=directory.path,
            grace_s=1000.0,
        )
        wait_for(lambda: part.log_tail() == "up", "the part")

    assert part.exit_code is not None
    assert not directory.path.exists()


def test_an_interrupt_while_they_are_allowed_again_leaves_none_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    set_handler, set_numbers = signal.signal, list[int]()

    def set_and_interrupt(number: int, handler: signal.Handlers) -> object:
        before = set_handler(number, handler)
        set_numbers.append(number)
        if len(set_numbers) == 3:  # the first one that is set back
            signal.raise_signal(signal.SIGINT)
        return before

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(signal, "signal", set_and_interrupt)
    with pytest.raises(KeyboardInterrupt), without_interrupt():
        pass

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
