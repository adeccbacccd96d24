"""Processes that the kernel killed for want of memory: by its log where that may be read, else by its counters."""

import os
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from rush_hour.judge.explain.facts import MemoryKill
from rush_hour.results.resources import Role
from rush_hour.rig.parts.control_group import memory_kills_of

KERNEL_LOG = Path("/dev/kmsg")
COUNTERS = Path("/proc/vmstat")
RECORD_BYTES = 16 * 1024

_KILLED = re.compile(r"[^;]*;(?P<text>.*?Killed process (?P<process>\d+) \([^)]*\))")


class MemoryKills:
    """Kills between `begin` and `end`.

    Args:
        groups: the directory of each role's control group that counts memory, where it has one of its own.
    """

    def __init__(self, groups: Mapping[Role, Path]) -> None:
        self._groups = groups
        self._is_watching = False
        self._log: int | None = None
        self._counted: dict[Role | None, int | None] = {}
        self._grown: dict[Role | None, int | None] = {}
        self._records: list[re.Match[str]] | None = None

    def begin(self) -> None:
        """Tell of what happens from now on."""
        self.close()
        self._is_watching = True
        self._counted = self._count()
        self._log = _open_log()

    def end(self) -> None:
        """Tell of nothing that comes later; the second time nothing happens."""
        if not self._is_watching:
            return
        self._is_watching = False
        now = self._count()
        self._grown = {
            role: None if count is None or (before := self._counted[role]) is None else count - before
            for role, count in now.items()
        }
        self._records = None if self._log is None else _read_kills(self._log)
        self.close()

    def close(self) -> None:
        """Close the kernel's log."""
        if self._log is not None:
            os.close(self._log)
            self._log = None

    def kills(self, processes: Mapping[Role, Collection[int]]) -> list[MemoryKill] | None:
        """Return the kills; None where the kernel does not say whether there were any.

        Args:
            processes: ids of those that each role had.
        """
        everywhere = self._grown.get(None)
        if everywhere == 0 or (everywhere is None and self._records == []):
            return []
        if self._records:
            return [
                MemoryKill(
                    role=_role_of(int(record["process"]), processes), process=record["process"], text=record["text"]
                )
                for record in self._records
            ]
        own = [
            MemoryKill(role=role, process=None, text="oom_kill of its control group")
            for role, grown in self._grown.items()
            if role is not None
            for _ in range(grown or 0)
        ]
        if own or everywhere is None:
            return own or None
        return [MemoryKill(role=None, process=None, text="oom_kill of the machine")] * everywhere

    def _count(self) -> dict[Role | None, int | None]:
        """Return the kills that the kernel has counted: of each role's group, and under None of the whole machine."""
        counts: dict[Role | None, int | None] = {role: memory_kills_of(group) for role, group in self._groups.items()}
        with suppress(OSError):
            lines = COUNTERS.read_text().splitlines()
            counts[None] = next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)
        return counts


def _role_of(process: int, processes: Mapping[Role, Collection[int]]) -> Role | None:
    return next((role for role, own in processes.items() if process in own), None)


def _open_log() -> int | None:
    """Return the kernel's log, at its end; None where it may not be read, or there is none, as in most containers."""
    try:
        log = os.open(KERNEL_LOG, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        os.lseek(log, 0, os.SEEK_END)
    except OSError:  # it is something else by that name
        os.close(log)
        return None
    return log


def _read_kills(log: int) -> list[re.Match[str]]:
    """Return the kills that the kernel's log tells of from where it was read last."""
    found: list[re.Match[str]] = []
    while True:
        try:
            record = os.read(log, RECORD_BYTES).decode("utf-8", "replace")
        except BlockingIOError:
            return found
        except BrokenPipeError:  # some were overwritten before they were read: the next one can be
            continue
        if not record:
            return found
        if (match := _KILLED.match(record)) is not None:
            found.append(match)
