"""One part of the rig, a server, proxy or database, as a handle on the keeper that runs it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from rush_hour.credentials import cut, printable
from rush_hour.rig.parts import keeper
from rush_hour.rig.parts.control_group import cpu_s_of, own_group
from rush_hour.rig.parts.run_directory import KEEPER_COMMAND, RunDirectory, without_interrupt

STOP_MARGIN_S = 10.0
INTERRUPTED_GRACE_S = 0.5
LOG_TAIL_LINES = 15
LOG_TAIL_BYTES = 64 * 1024
_GROUP_NUMBERS = count(1)


class Part:
    """A command that runs until `stop`, or until the rig is gone. A context manager.

    Args:
        command: program and arguments.
        run_directory: that of the run.
        log_path: where its output goes, appended.
        environment: its whole environment.
        directory: its working directory.
        stop_signal: what asks it to end.
        grace_s: how long it may take to end, in seconds.
        user: the user to run it as; None for the rig's own.

    Attributes:
        command: program and arguments.
        log_path: where its output goes.
    """

    def __init__(
        self,
        command: Sequence[str],
        run_directory: RunDirectory,
        *,
        log_path: Path,
        environment: Mapping[str, str],
        directory: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 10.0,
        user: str | None = None,
    ) -> None:
        self.command = tuple(command)
        self.log_path = log_path
        self._grace_s = grace_s
        above = own_group()
        self._group = None if above is None else above / f"{run_directory.path.name}-{next(_GROUP_NUMBERS)}"
        options = [f"--stop-signal={stop_signal.name}", f"--grace={grace_s}", *([f"--user={user}"] if user else [])]
        cpus = run_directory.cpus
        options += [] if cpus is None else [f"--cpus={','.join(map(str, cpus))}"]
        options += [] if self._group is None else [f"--group={self._group}"]
        with log_path.open("ab") as log, without_interrupt():
            self._keeper = subprocess.Popen(
                (*KEEPER_COMMAND, *options, "--", *command),
                stdin=subprocess.PIPE,
                bufsize=0,  # it may be written to while it is written to, by a signal's handler
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=directory,
                pass_fds=(run_directory.lock_fd,),
                start_new_session=True,  # Ctrl-C is the rig's to handle
            )
            run_directory.parts.append(self)

    def __enter__(self) -> Self:
        """Return the part, which runs already."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the part; at Ctrl-C there is little time for it."""
        self.stop(INTERRUPTED_GRACE_S if _type is not None and issubclass(_type, KeyboardInterrupt) else None)

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, a signal's number added to 128; None while it runs."""
        return self._keeper.poll()

    def wait(self) -> int:
        """Wait until the command has ended by itself, and return its exit code."""
        return self._keeper.wait()

    def process_ids(self) -> list[int]:
        """Return the ids of the command's processes that run now."""
        return keeper.descendants(self._keeper.pid) if self.exit_code is None else []

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the command's first process, if it still runs."""
        process_ids = self.process_ids()
        if process_ids:
            with suppress(ProcessLookupError):
                os.kill(process_ids[0], number)

    @property
    def keeper_id(self) -> int:
        """The process id of its keeper, which waits for whatever nobody else does."""
        return self._keeper.pid

    def cpu_s(self) -> float | None:
        """Return what its processes have used, those that have ended too, in seconds; None where nobody counts that."""
        return None if self._group is None else cpu_s_of(self._group)

    def stop(self, grace_s: float | None = None) -> None:
        """End the command and everything it started, and wait until that is done. Ctrl-C leaves it no more time.

        Args:
            grace_s: how long it may take to end, in seconds; None for as long as it was made with.
        """
        with without_interrupt(then=lambda: self._allow(0.0)):
            assert self._keeper.stdin is not None, "it is a pipe"
            self._keeper.send_signal(signal.SIGCONT)  # it may have been stopped with the rig's process group
            if grace_s is not None:
                self._allow(grace_s)
            elif not self._keeper.stdin.closed:
                self._allow(self._grace_s)
            try:
                self._keeper.wait(self._grace_s + STOP_MARGIN_S)
            finally:
                with suppress(BrokenPipeError):
                    self._keeper.stdin.close()

    def _allow(self, grace_s: float) -> None:
        """Let the keeper end the command, which has so much time from now on."""
        assert self._keeper.stdin is not None, "it is a pipe"
        with suppress(BrokenPipeError, ValueError):  # the keeper has ended, or all that was said to it
            self._keeper.stdin.write(b"%f\n" % grace_s)

    def log_tail(self) -> str:
        """Return the last lines of its log, however long it is, without what a terminal would obey."""
        with self.log_path.open("rb") as log:
            size_bytes = log.seek(0, os.SEEK_END)
            log.seek(max(0, size_bytes - LOG_TAIL_BYTES))
            end = log.read().decode("utf-8", "replace")
        return "\n".join(cut(printable(line)) for line in end.splitlines()[-LOG_TAIL_LINES:])


def base_environment() -> dict[str, str]:
    """Return the environment that commands run in: the rig's own, with its interpreter's programs found first."""
    return os.environ | {"PATH": os.pathsep.join([_programs_directory(), os.environ.get("PATH", os.defpath)])}


def _programs_directory() -> str:
    return str(Path(KEEPER_COMMAND[0]).parent)
