"""A file, or standard output, that takes lines in groups: a call to the kernel for many of them.

Rules that must hold: lines of several processes are not mixed up, also in a pipe (pipe(7): a write of up to PIPE_BUF
bytes is whole); a file that is moved away is begun anew; lines that cannot be written are lost, which is said once; a
standard output that nobody reads does not hold the worker up.
"""

import asyncio
import logging
import os
import select
from pathlib import Path

from api_hour.access_log.entry import PID
from api_hour.errors import ConfigError
from api_hour.log.outlet import Outlet

LOG = logging.getLogger("api_hour.worker")

FLUSH_INTERVAL_S = 0.2
GROUP_BYTES = select.PIPE_BUF
STANDARD_OUTPUT = 1


class LineFile:
    """A file for lines.

    Args:
        path: the file; None for standard output.

    Raises:
        ConfigError: the file cannot be written to.
    """

    def __init__(self, path: Path | str | None) -> None:
        self._lines: list[str] = []
        self._is_failing = False
        try:
            self._outlet = Outlet(STANDARD_OUTPUT, path=path, on_lost=_tell_lost)
        except OSError as error:
            raise ConfigError(f"--access-log-file: {path} cannot be written to: {error.strerror}.") from error

    def write(self, line: str) -> None:
        """Take a line; within a running event loop, which writes it soon."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_INTERVAL_S, self._write_taken)
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was taken, and wait for a moment until it is written."""
        self._write_taken()
        self._outlet.flush()

    def _write_taken(self) -> None:
        lines, self._lines = self._lines, []
        if not lines or os.getpid() != PID:  # a forked child has its parent's lines
            return
        try:
            for group in _groups(lines):
                self._outlet.write(group, lines=group.count(b"\n"), patience_s=0.0)
        except OSError as error:
            if not self._is_failing:
                LOG.error("the access log cannot be written to, lines are lost: %s", error)  # noqa: TRY400
            self._is_failing = True
        else:
            self._is_failing = False


def _tell_lost(lines: int) -> None:
    LOG.warning("%d lines of the access log were lost: nobody read them", lines)


def _groups(lines: list[str]) -> list[bytes]:
    """Join lines to groups of no more bytes than a pipe takes at once; a longer line is one by itself."""
    groups: list[bytes] = []
    group: list[bytes] = []
    size = 0
    for line in lines:
        encoded = line.encode("utf-8", "backslashreplace") + b"\n"
        if group and size + len(encoded) > GROUP_BYTES:
            groups.append(b"".join(group))
            group, size = [], 0
        group.append(encoded)
        size += len(encoded)
    return [*groups, b"".join(group)]
