import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rig.deadlines import wait_for

from rush_hour.rig.parts import part as part_module
from rush_hour.rig.parts.part import LOG_TAIL_LINES, Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory

Start = Callable[..., Part]


def test_output_is_kept_in_the_log_and_an_earlier_part_of_it_stays(start_part: Start, tmp_path: Path) -> None:
    (tmp_path / "part.log").write_text("an earlier part\n")

    part = start_part("import sys\nprint('out')\nsys.stderr.write('err\\n')")

    assert part.wait() == 0
    assert part.log_path.read_text() == "an earlier part\nout\nerr\n"


def test_the_tail_of_the_log_is_its_last_lines_whatever_bytes_they_have(start_part: Start) -> None:
    part = start_part("import sys\nfor number in range(40): print(number)\nsys.stdout.buffer.write(b'\\xff')")

    part.wait()

    assert part.log_tail().splitlines() == [*map(str, range(41 - LOG_TAIL_LINES, 40)), "�"]


def test_the_exit_is_noticed(start_part: Start) -> None:
    part = start_part("print('up')\nopen(0).read()\nraise SystemExit(7)")

    assert wait_for(lambda: part.exit_code, "the exit") == 7
    assert part.process_ids() == []


def test_a_running_part_has_no_exit_code_and_its_processes_are_known(start_part: Start) -> None:
    part = start_part("import subprocess\nprint('up')\nsubprocess.run(['sleep', '1000'])")

    wait_for(lambda: len(part.process_ids()) == 2, "the program and its child")
    before = part.exit_code
    part.stop()
    assert (before, part.exit_code) == (None, 128 + signal.SIGTERM)
    assert part.process_ids() == []


def test_a_second_stop_changes_nothing(start_part: Start) -> None:
    part = start_part("import time\ntime.sleep(1000)")

    part.stop()
    part.stop()

    assert part.exit_code == 128 + signal.SIGTERM


@pytest.fixture
def other_thread() -> Iterator[None]:
    """A thread to which the kernel may deliver a signal."""
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    yield
    ended.set()
    thread.join()


def test_ctrl_c_during_the_stop_waits_for_its_end(start_part: Start, other_thread: None) -> None:
    on_stop = f"lambda *_: (os.kill({os.getpid()}, signal.SIGINT), os._exit(4))"
    part = start_part(
        f"import os, signal, time\nsignal.signal(signal.SIGTERM, {on_stop})\nprint('up')\ntime.sleep(1000)"
    )
    wait_for(lambda: part.log_tail() == "up", "the program")

    with pytest.raises(KeyboardInterrupt):
        part.stop()

    assert part.exit_code in {4, 128 + signal.SIGKILL}  # it has no more time from then on


def test_programs_of_the_rigs_own_interpreter_are_found_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/somewhere")
    monkeypatch.setenv("COLOUR", "green")

    environment = base_environment()

    assert environment["PATH"] == f"{Path(sys.executable).parent}:/somewhere"
    assert environment["COLOUR"] == "green"


STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(1000)"


def test_at_ctrl_c_a_part_has_little_time_to_end(start_part: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part_module, "STOP_MARGIN_S", -900.0)  # fails if it takes the time that it was made with
    part = start_part(STUBBORN, grace_s=1000.0)
    wait_for(lambda: part.log_tail() == "up", "the program")

    part.__exit__(KeyboardInterrupt, None, None)

    assert part.exit_code == 128 + signal.SIGKILL


def test_ctrl_c_while_a_part_is_stopped_leaves_it_no_more_time(start_part: Start) -> None:
    part = start_part(STUBBORN, grace_s=1000.0)
    wait_for(lambda: part.log_tail() == "up", "the program")
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        part.stop()

    assert part.exit_code == 128 + signal.SIGKILL


def test_a_keeper_that_was_stopped_itself_ends_too(start_part: Start) -> None:
    part = start_part("import time\nprint('up')\ntime.sleep(1000)")
    wait_for(lambda: part.log_tail() == "up", "the program")
    os.kill(part.keeper_id, signal.SIGSTOP)

    part.stop()

    assert part.exit_code == 128 + signal.SIGTERM


def test_the_tail_of_a_log_of_any_length_is_short(start_part: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    part = start_part("for _ in range(300): print('x' * 1_000_000)\nprint('\\x1b[2Jthe end')")
    part.wait()
    monkeypatch.setattr(Path, "read_text", None)  # as a whole it may be larger than the memory

    tail = part.log_tail()

    assert part.log_path.stat().st_size > 300_000_000
    assert len(tail) < 2_000
    assert tail.splitlines()[-1] == "\\x1b[2Jthe end"
    assert tail.splitlines()[0].endswith("... (65,523 characters)")


def test_a_part_runs_on_the_cpus_of_its_run_alone(tmp_path: Path) -> None:
    [cpu, *_] = os.sched_getaffinity(0)
    with (
        RunDirectory(cpus=[cpu]) as run_directory,
        Part(
            [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"],
            run_directory,
            log_path=tmp_path / "part.log",
            environment=base_environment(),
            directory=tmp_path,
        ) as part,
    ):
        assert part.wait() == 0
        assert part.log_tail() == f"[{cpu}]"
