"""py-spy at real processes, and what is said where it cannot be."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig.deadlines import wait_for

from rush_hour.errors import StartError
from rush_hour.results.evidence import Stack
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch import profiling
from rush_hour.rig.watch.profiling import FRAMES_LIMIT, STACKS_LIMIT, Profiler, Profiling, find_profiler, parse_stacks

BUSY_CHILD = """
import os, time
def work():
    return sum(number * number for number in range(1000))
def idle():
    time.sleep(1000)
if os.fork():
    idle()
while True:
    work()
"""
IDLE = "import time\ntime.sleep(1000)"

needs_py_spy = pytest.mark.skipif(
    shutil.which("py-spy", path=base_environment()["PATH"]) is None, reason="py-spy is not installed"
)


@pytest.fixture
def run(plan: PlanFacts, result: LoadResult) -> Run:
    """A run without a profile."""
    return Run(plan=plan, result=result, verdict=Verdict(trusted=True))


@pytest.fixture
def notes() -> list[str]:
    """What was noted."""
    return []


@pytest.fixture
def profiling_of(
    run_directory: RunDirectory, tmp_path: Path, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Part], Profiling]:
    """Make a profiling that chooses its process soon."""
    monkeypatch.setattr(profiling, "CHOOSE_S", 0.1)

    def make(server: Part) -> Profiling:
        return Profiling(find_profiler(), server, run_directory, log_path=tmp_path / "profiler.log", note=notes.append)

    return make


def watch_until(one: Profiling, is_done: Callable[[], bool], what: str) -> None:
    def look() -> bool:
        one.watch()
        return is_done()

    wait_for(look, what)


@needs_py_spy
def test_the_busiest_process_is_sampled_and_everything_is_stopped(
    start_part: Callable[..., Part], profiling_of: Callable[[Part], Profiling], run: Run, notes: list[str]
) -> None:
    server = start_part(BUSY_CHILD)
    wait_for(lambda: len(server.process_ids()) == 2, "two processes")
    with profiling_of(server) as one:
        one.begin()
        watch_until(one, lambda: one.cpu_s > 0.05, "some work of the profiler")
        one.end()
        assert one._part is not None
        assert one._part.exit_code == 0
        profile = one.add_to(run).profile

    assert profile is not None
    [busiest] = [process for process in server.process_ids() if process == profile.pid]
    assert busiest == max(server.process_ids())
    assert profile.program.startswith("py-spy ")
    assert profile.name.startswith("python")
    assert profile.duration_s > 0
    assert profile.samples == sum(stack.samples for stack in profile.stacks) > 0
    frames = {frame for stack in profile.stacks for frame in stack.frames}
    assert "work (<string>:4)" in frames
    assert not any(frame.startswith("idle") for frame in frames)
    [note] = notes
    assert note == (
        f"{profile.program} sampled process {profile.pid} ({profile.name}) 100 times a second: "
        "figures are those of a system under a profiler."
    )


@needs_py_spy
def test_a_process_that_is_no_python_is_a_note_and_the_run_is_kept(
    run_directory: RunDirectory,
    profiling_of: Callable[[Part], Profiling],
    run: Run,
    notes: list[str],
    tmp_path: Path,
) -> None:
    shell = ["sh", "-c", "while :; do :; done"]
    with (
        Part(
            shell, run_directory, log_path=tmp_path / "sh.log", environment=dict(os.environ), directory=tmp_path
        ) as server,
        profiling_of(server) as one,
    ):
        one.begin()
        watch_until(one, lambda: one._part is not None and one._part.exit_code is not None, "the profiler's end")
        one.end()

        assert one.add_to(run) is run

    [note] = notes
    assert note.startswith("--profile: process ")
    assert note.endswith(" (sh) could not be sampled: Failed to find python version from target process.")


@needs_py_spy
def test_a_load_that_is_over_too_soon_is_a_note(
    start_part: Callable[..., Part], profiling_of: Callable[[Part], Profiling], run: Run, notes: list[str]
) -> None:
    with profiling_of(start_part(IDLE)) as one:
        one.begin()
        one.end()

    assert one.add_to(run) is run
    assert one.cpu_s == 0.0
    assert notes == ["--profile: nothing was sampled: no process was busy, or the load was over in 0.1 s."]


def test_a_profiler_that_saw_nothing_is_told_from_one_that_failed(
    run_directory: RunDirectory, start_part: Callable[..., Part], run: Run, notes: list[str], tmp_path: Path
) -> None:
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\nexit 0\n")
    fake.chmod(0o755)
    profiler = Profiler(program=fake, version="py-spy 9.9")
    server = start_part(BUSY_CHILD)
    with Profiling(profiler, server, run_directory, log_path=tmp_path / "profiler.log", note=notes.append) as one:
        one.begin()
        watch_until(one, lambda: one._part is not None and one._part.exit_code is not None, "the profiler's end")
        one.end()

        assert one.add_to(run) is run

    [note] = notes
    assert re.fullmatch(r"--profile: process \d+ \(python.*\) was never seen at work\.", note)


def test_a_profiler_that_is_not_installed_is_told_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiling, "base_environment", lambda: {"PATH": str(tmp_path)})

    with pytest.raises(StartError) as caught:
        find_profiler()

    assert str(caught.value) == "--profile: py-spy is not installed: pip install 'rush-hour[profile]'."


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("Permission Denied: Try again as root.\n\nStack:", "Permission Denied: Try again as root"),
        ("Error: Operation not permitted (os error 1)", "Operation not permitted (os error 1)"),
        ("", "it does not say why"),
    ],
)
def test_a_profiler_that_may_not_look_is_told_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, why: str
) -> None:
    fake = tmp_path / "py-spy"
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo py-spy 9.9\necho "{says}" >&2\nexit 1\n')
    fake.chmod(0o755)
    monkeypatch.setattr(profiling, "base_environment", lambda: {"PATH": f"{tmp_path}:{os.environ['PATH']}"})

    with pytest.raises(StartError) as caught:
        find_profiler()

    assert str(caught.value) == (
        f"--profile: py-spy 9.9 may not look at other processes here: {why}. Allow it: "
        "as root, with 'sysctl kernel.yama.ptrace_scope=0', or in a container with '--cap-add SYS_PTRACE'."
    )


@needs_py_spy
def test_the_profiler_that_is_installed_says_its_version() -> None:
    assert find_profiler().version.startswith("py-spy ")


def test_stacks_are_read_shortened_and_added_up() -> None:
    text = (
        "<module> (app.py:3);answer (app.py:9) 7\n"
        "<module> (/home/somebody/a/very/long/way/site/app.py:3);run (<frozen runpy>:1) 2\n"
        "<module> (/home/somebody/elsewhere/site/app.py:3);run (<frozen runpy>:1) 1\n"
        "native (/usr/lib/libpython3.11.so) 1\n"
        " 4\n"
        "no count\n"
        "\n"
    )

    assert parse_stacks(text) == (
        [
            Stack(frames=["<module> (app.py:3)", "answer (app.py:9)"], samples=7),
            Stack(frames=["<module> (site/app.py:3)", "run (<frozen runpy>:1)"], samples=3),
            Stack(frames=["native (lib/libpython3.11.so)"], samples=1),
        ],
        11,
    )


def test_stacks_are_bounded_in_number_depth_and_width() -> None:
    many = "".join(f"f{number} (a.py:1) 1\n" for number in range(STACKS_LIMIT + 5)) + "most (a.py:1) 2\n"
    stacks, samples = parse_stacks(many)
    assert (len(stacks), samples, stacks[0].frames) == (STACKS_LIMIT, STACKS_LIMIT + 7, ["most (a.py:1)"])

    deep = ";".join(f"f{number}" for number in range(1000))
    [stack], _ = parse_stacks(f"{deep} 1")
    assert stack.frames == [f"f{number}" for number in range(FRAMES_LIMIT)]

    [wide], _ = parse_stacks(f"{'x' * 500} 1")
    assert wide.frames == ["x" * 117 + "..."]


@given(st.text())
def test_whatever_the_profiler_writes_can_be_read(text: str) -> None:
    stacks, samples = parse_stacks(text)

    assert samples >= sum(stack.samples for stack in stacks)
    assert all(frame.isprintable() for stack in stacks for frame in stack.frames)
