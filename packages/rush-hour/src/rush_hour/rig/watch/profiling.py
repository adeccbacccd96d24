"""Where the busiest process of a server spends its time: sampled by py-spy, from a moment after the load has begun.

py-spy reads the process's memory and does not stop it: a process with 40 threads that was stopped for each sample did
a fifth of its work (measured 2026-11), one that is only read from does nearly all of it. In return some samples are
torn, and begin in the middle of a stack. Whatever goes wrong is a note on the system, and never ends a run.
"""

import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGINT
from types import TracebackType
from typing import Self

from rush_hour.credentials import cut, printable
from rush_hour.errors import INSTALL_PROFILE, StartError
from rush_hour.results.evidence import Profile, Stack
from rush_hour.results.resources import ProcessUsage
from rush_hour.results.run import Run
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch.resources import RoleSampler, Watched

CHOOSE_S = 1.0  # of the measurement, after which the busiest process is known
RATE_PER_S = 100
TRY_TIMEOUT_S = 10.0
STACKS_LIMIT = 2_000
FRAMES_LIMIT = 128  # of a stack, its outermost
FRAME_CHARACTERS = 120
PATH_PARTS = 2  # of an absolute path, its last: py-spy shortens those of packages itself
SLEEPER = "print(flush=True); input()"
_LOCATION = re.compile(r" \((/[^()]*?)(:\d+)?\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiler:
    """The program that samples, and what it calls itself, such as `py-spy 0.4.3`."""

    program: Path
    version: str


def find_profiler() -> Profiler:
    """Return the installed profiler, which was seen to work here.

    Raises:
        StartError: it is not installed, or may not look at other processes.
    """
    found = shutil.which("py-spy", path=base_environment()["PATH"])
    if found is None:
        raise StartError(f"--profile: py-spy is not installed: {INSTALL_PROFILE}.")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=TRY_TIMEOUT_S)
    profiler = Profiler(program=Path(found), version=told.stdout.strip() or "py-spy")
    _try_it(profiler)
    return profiler


def _try_it(profiler: Profiler) -> None:
    """Look at a process that was started beside the profiler, as a server is."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", SLEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as sleeper:
        try:
            assert sleeper.stdout is not None, "it is a pipe"
            sleeper.stdout.readline()
            command = [str(profiler.program), "dump", "--nonblocking", "--pid", str(sleeper.pid)]
            tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TRY_TIMEOUT_S)
        finally:
            sleeper.kill()
    if tried.returncode != 0:
        raise StartError(
            f"--profile: {profiler.version} may not look at other processes here: {_reason(tried.stderr)}. Allow it: "
            "as root, with 'sysctl kernel.yama.ptrace_scope=0', or in a container with '--cap-add SYS_PTRACE'."
        )


class Profiling:
    """Samples the busiest process of a server while the load is measured. A context manager, which stops it at last.

    Args:
        profiler: what samples.
        server: whose processes.
        run_directory: that of the run.
        log_path: where the profiler's own output goes.
        note: takes what is to be known beside the figures.
    """

    def __init__(
        self,
        profiler: Profiler,
        server: Watched,
        run_directory: RunDirectory,
        *,
        log_path: Path,
        note: Callable[[str], None],
    ) -> None:
        self._profiler, self._run_directory, self._log_path, self._note = profiler, run_directory, log_path, note
        self._stacks_path = run_directory.path / f"{log_path.stem}.stacks"
        self._server = RoleSampler(server)
        self._began_at_s = self._chosen_at_s = 0.0
        self._duration_s: float | None = None
        self._chosen: ProcessUsage | None = None
        self._part: Part | None = None
        self._own: RoleSampler | None = None

    def __enter__(self) -> Self:
        """Return it; nothing was started."""
        return self

    def begin(self) -> None:
        """See from now on which process is busy."""
        self._began_at_s = time.monotonic()
        self._server.begin()

    def watch(self) -> None:
        """Choose the process, once it is known; afterwards see how the profiler does."""
        passed_s = time.monotonic() - self._began_at_s
        if self._part is None and passed_s >= CHOOSE_S:
            self._server.sample(passed_s)
            self._choose()
        elif self._part is not None:
            self._sample_own()

    def end(self) -> None:
        """Stop the profiler, which writes down what it saw then."""
        if self._part is not None:
            self._sample_own()
            self._part.stop()

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the profiler at last."""
        if self._part is not None:
            self._part.stop()

    @property
    def cpu_s(self) -> float:
        """What the profiler has used, in seconds."""
        return 0.0 if self._own is None else self._own.usage().cpu_s

    def add_to(self, run: Run) -> Run:
        """Return the run with the profile, and note that there was a profiler; why there is none otherwise."""
        chosen = self._chosen
        if chosen is None:
            self._note(f"--profile: nothing was sampled: no process was busy, or the load was over in {CHOOSE_S:g} s.")
            return run
        stacks, samples = self._stacks()
        if not samples:
            self._note(f"--profile: process {chosen.pid} ({chosen.name}) {self._why_not()}.")
            return run
        version, duration_s = self._profiler.version, round(self._duration_s or 0.0, 3)
        self._note(
            f"{version} sampled process {chosen.pid} ({chosen.name}) {RATE_PER_S} times a second: "
            "figures are those of a system under a profiler."
        )
        profile = Profile(
            program=version, pid=chosen.pid, name=chosen.name, duration_s=duration_s, stacks=stacks, samples=samples
        )
        return replace(run, profile=profile)

    def _why_not(self) -> str:
        assert self._part is not None, "a process was chosen for it"
        if self._part.exit_code == 0:
            return "was never seen at work"
        return f"could not be sampled: {_reason(self._log_path.read_text(errors='replace'))}"

    def _choose(self) -> None:
        chosen = max(self._server.usage().processes, key=lambda process: process.cpu_s, default=None)
        if chosen is None or chosen.cpu_s <= 0:
            return
        options = ["--format", "raw", "--nonblocking", "--rate", str(RATE_PER_S), "--output", str(self._stacks_path)]
        self._chosen, self._chosen_at_s = chosen, time.monotonic()
        self._part = Part(
            [str(self._profiler.program), "record", *options, "--pid", str(chosen.pid)],
            self._run_directory,
            log_path=self._log_path,
            environment=base_environment(),
            directory=self._run_directory.path,
            stop_signal=SIGINT,
        )
        self._own = RoleSampler(self._part)
        self._own.begin()

    def _sample_own(self) -> None:
        """See what the profiler has used, and for how long it has sampled."""
        assert self._part is not None, "it was started"
        assert self._own is not None, "so was its sampling"
        if self._part.exit_code is None or self._duration_s is None:
            self._duration_s = time.monotonic() - self._chosen_at_s
        if self._part.exit_code is None:
            self._own.sample(self._duration_s)

    def _stacks(self) -> tuple[list[Stack], int]:
        if not self._stacks_path.exists():
            return [], 0
        return parse_stacks(self._stacks_path.read_text(encoding="utf-8", errors="replace"))


def parse_stacks(text: str) -> tuple[list[Stack], int]:
    """Read what py-spy writes as `raw`, and return the most frequent stacks and the samples of all. Pure.

    Args:
        text: a stack in each line, frames between semicolons, outermost first, and how often it was seen.
    """
    counts = Counter[tuple[str, ...]]()
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        if frames and count.isdecimal():
            counts[tuple(_short(frame) for frame in frames.split(";")[:FRAMES_LIMIT])] += int(count)
    stacks = [Stack(frames=list(frames), samples=samples) for frames, samples in counts.most_common(STACKS_LIMIT)]
    return stacks, counts.total()


def _short(frame: str) -> str:
    """Return a frame with no more of its path than says where it is."""
    location = _LOCATION.search(frame)
    if location is not None:
        path = "/".join(location[1].split("/")[-PATH_PARTS:])
        frame = f"{frame[: location.start()]} ({path}{location[2] or ''})"
    return printable(frame if len(frame) <= FRAME_CHARACTERS else f"{frame[: FRAME_CHARACTERS - 3]}...")


def _reason(told: str) -> str:
    """Return why the profiler failed, of what it said: its first line, and nothing of its own stack."""
    lines = [line.strip() for line in told.splitlines() if line.strip() and not line.startswith("py-spy>")]
    return cut(printable(lines[0].removeprefix("Error: ").rstrip("."))) if lines else "it does not say why"
