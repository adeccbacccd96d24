"""`--daemon`: the process goes into the background, and the command waits until it serves or says why it does not.

Two forks and a session of its own (daemon(7)), so that no terminal can be got back. The waiting command reads one
message from a pipe: an exit code and a sentence. A pipe that ends without one means that the daemon fell.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Protocol

from api_hour.errors import ApiHourError, StartError
from api_hour.process.standard_descriptors import lead_to_log


class Launcher(Protocol):
    """The one who waits for the daemon to serve."""

    def serving(self) -> None:
        """The daemon serves. May be said more than once."""


class Nobody:
    """Nobody waits: the daemon is in the foreground."""

    def serving(self) -> None:
        """Do nothing."""


class WaitingCommand:
    """The command that has started the daemon and waits for its word.

    Args:
        fd: the end of the pipe to write to.
    """

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    def serving(self) -> None:
        """Let the command end with exit code 0."""
        self.say(0, "")

    def say(self, exit_code: int, message: str) -> None:
        """Let the command end; only the first word counts."""
        if self._fd is not None:
            with open(self._fd, "wb", closefd=True) as pipe:  # noqa: PTH123  # a descriptor has no path
                pipe.write(f"{exit_code} {message}".encode())
        self._fd = None


@contextmanager
def detached(log_file: Path | None) -> Iterator[WaitingCommand]:
    """Go on in the background; the process that called ends with what the one in the background says.

    Args:
        log_file: where standard output and error go; None for nowhere.

    Raises:
        StartError: in the process that called, when the daemon does not come up.
        SystemExit: in the process that called, with code 0, when it serves.
    """
    read_fd, write_fd = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child_pid = os.fork()
    if child_pid:
        os.close(write_fd)
        os.waitpid(child_pid, 0)
        _end_as_told(read_fd)
    os.close(read_fd)
    os.setsid()
    if os.fork():
        os._exit(0)
    lead_to_log(log_file)
    command = WaitingCommand(write_fd)
    try:
        yield command
    except ApiHourError as error:
        command.say(error.exit_code, str(error))
        raise
    finally:
        command.say(StartError.exit_code, "the daemon was stopped before it served.")


def _end_as_told(read_fd: int) -> NoReturn:
    with open(read_fd, "rb") as pipe:  # a descriptor has no path
        exit_code, _, message = pipe.read().decode().partition(" ")
    if exit_code == "0":
        sys.exit(0)
    error = ApiHourError(message) if message else StartError("the daemon ended without a word before it served.")
    error.exit_code = int(exit_code or StartError.exit_code)
    raise error
