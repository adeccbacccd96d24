"""`rush-hour` as its users run it: a process of its own, and all that belongs to it.

Each is started with a mark in its environment, which everything it starts inherits; so what is left of one run is
told apart from other runs on the same machine. PostgreSQL writes over its environment, and is known by its working
directory inside the run's.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from rig.deadlines import TIMEOUT_S, wait_for

MARK = "RUSH_HOUR_TEST_RUN"
PROGRAMS = Path(sys.executable).parent


class RushHourProcess:
    """A running `rush-hour`.

    Args:
        arguments: of the command line.
        directory: where it runs, and where its output goes.
    """

    def __init__(self, *arguments: str | Path, directory: Path) -> None:
        self._mark = f"{MARK}={uuid4().hex}"
        name, _, value = self._mark.partition("=")
        self._out, self._err = directory / f"{value}.out", directory / f"{value}.err"
        self._run_directories: set[Path] = set()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [str(PROGRAMS / "rush-hour"), *map(str, arguments)],
                cwd=directory,
                env=os.environ | {name: value, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def out(self) -> str:
        """What it has written to standard output."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """What it has written to standard error."""
        return self._err.read_text()

    def wait(self) -> int:
        """Return its exit code when it has ended."""
        return self.process.wait(3 * TIMEOUT_S)  # there may be several starts in it

    def wait_until_it_says(self, text: str) -> None:
        """Wait for a text on standard output or standard error."""

        def has_said() -> bool:
            assert self.process.poll() is None or text in self.out + self.err, f"it ended: {self.err}"
            return text in self.out + self.err

        wait_for(has_said, f"{text!r} in {self.out + self.err!r}")

    def press_ctrl_c(self) -> None:
        """Send SIGINT to the whole process group, as a terminal does."""
        self.run_directories()
        os.killpg(self.process.pid, signal.SIGINT)

    def run_directories(self) -> set[Path]:
        """Return the private directories that it has or had."""
        for process_id in _all_process_ids():
            words = _read(process_id, "cmdline").split("\0")
            if "--remove" in words and self._mark in _read(process_id, "environ").split("\0"):
                self._run_directories.add(Path(words[words.index("--remove") + 1]))
        return self._run_directories

    def process_ids(self) -> set[int]:
        """Return all processes that belong to it and run, its own among them."""
        return {process_id for process_id in _all_process_ids() if self._owns(process_id)}

    def commands(self) -> list[str]:
        """Return the command lines of all its processes."""
        return [_read(process_id, "cmdline").replace("\0", " ") for process_id in self.process_ids()]

    def wait_until_nothing_is_left(self) -> None:
        """Wait until no process and no directory of it is there."""
        wait_for(lambda: not self.process_ids(), "the end of all its processes")
        wait_for(lambda: not any(path.exists() for path in self._run_directories), "the end of its directories")

    def _owns(self, process_id: int) -> bool:
        if self._mark in _read(process_id, "environ").split("\0"):
            return True
        with suppress(OSError):
            return any(
                Path(f"/proc/{process_id}/cwd").readlink().is_relative_to(path) for path in self._run_directories
            )
        return False


@contextmanager
def rush_hour_process(*arguments: str | Path, directory: Path) -> Iterator[RushHourProcess]:
    """Start `rush-hour`; whatever is left of it at the end is killed."""
    rush_hour = RushHourProcess(*arguments, directory=directory)
    try:
        yield rush_hour
    finally:
        rush_hour.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            rush_hour.wait()
        for process_id in rush_hour.process_ids():
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)
        rush_hour.process.wait()


def _all_process_ids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(process_id: int, name: str) -> str:
    try:
        return Path(f"/proc/{process_id}/{name}").read_bytes().decode(errors="replace")
    except OSError:  # it has ended, or is another user's
        return ""
