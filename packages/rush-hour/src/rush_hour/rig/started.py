"""A server that is started for the load by a command of the user's, and stopped after it."""

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rush_hour.errors import UsageError
from rush_hour.load.transport.address import Address
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until, why_closed

READY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCommand:
    """A command that starts a server.

    Attributes:
        words: program and arguments.
        address: where it serves.
    """

    words: tuple[str, ...]
    address: Address

    @contextmanager
    def started(self, run_directory: RunDirectory, on_step: Callable[[str], None]) -> Iterator[Part]:
        """Start the server, wait until it accepts connections, and stop it after the block.

        Args:
            run_directory: has its log.
            on_step: told what is waited for.

        Raises:
            UsageError: something else serves there already.
            StartError: it ended, or does not serve in time.
        """
        if why_closed(self.address) is None:
            raise UsageError(
                f"--start: expected nothing at {self.address.label} before it starts a server there, and something "
                "accepts connections: stop that, or leave out --start."
            )
        on_step("starting")
        with Part(
            self.words,
            run_directory,
            log_path=run_directory.path / "server.log",
            environment=os.environ,
            directory=Path(),
        ) as part:
            wait_until(lambda: why_closed(self.address), part, what=self.words[0], timeout_s=READY_TIMEOUT_S)
            yield part


def parse_start(text: str, address: Address) -> StartCommand:
    """Return the command in a text, which is split as a shell does it.

    Raises:
        UsageError: it is none, or its program is not there.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--start: expected a command, got {text!r}: {error}.") from error
    if not words:
        raise UsageError("--start: expected a command, got none.")
    if shutil.which(words[0]) is None:
        raise UsageError(f"--start: expected a program, found no {words[0]!r}.")
    return StartCommand(words=tuple(words), address=address)
