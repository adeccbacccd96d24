"""A witness of a measurement: where logs and counters stood when it began and ended, to explain errors by them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rush_hour.judge.explain.facts import ListenerDrops, LogPiece, Surroundings
from rush_hour.judge.explain.settings import program_of
from rush_hour.results.evidence import LogLine
from rush_hour.results.resources import Role
from rush_hour.rig.parts.control_group import memory_group_of
from rush_hour.rig.watch.accepted import socket_inodes
from rush_hour.rig.watch.listening_sockets import Listener, overflows_of_all, read_listeners
from rush_hour.rig.watch.log_files import LogPosition, lines_between
from rush_hour.rig.watch.memory_kills import MemoryKills


class Logging(Protocol):
    """A part that writes a log: a `Part`."""

    @property
    def command(self) -> tuple[str, ...]:
        """Program and arguments."""

    @property
    def log_path(self) -> Path:
        """Where its output goes."""

    def process_ids(self) -> list[int]:
        """Return the ids of the processes that run now."""


class Witness:
    """Watches what parts log, and what the kernel counts for them. A context manager.

    Args:
        parts: what serves the load, by role.
        port: on this machine, that the load is sent to; None where it is another machine's.
    """

    def __init__(self, parts: Mapping[Role, Logging], port: int | None = None) -> None:
        self._parts = parts
        self._port = port
        self._begin: dict[Role, LogPosition] = {}
        self._sockets: dict[int, Listener] | None = None
        self._overflows: int | None = None
        self._most_waiting: Counter[int] = Counter()
        self._drops: list[ListenerDrops] = []
        self._kills = MemoryKills(_memory_groups(parts))
        self._processes: dict[Role, set[int]] = {}

    def __enter__(self) -> Self:
        """Return the witness, which sees only the ends of parts until it begins."""
        self._watch_processes()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Close what is open."""
        self._kills.close()

    def begin(self) -> None:
        """Watch from now on."""
        self._begin = {role: LogPosition.at_end_of(part.log_path) for role, part in self._parts.items()}
        self._most_waiting.clear()
        self._sockets, self._overflows = self.look(), overflows_of_all()
        self._watch_processes()

    def look(self) -> dict[int, Listener] | None:
        """Look at the sockets' queues: now and then while the load is measured. Return them, if that is allowed."""
        listeners = _listeners()
        for inode, listener in (listeners or {}).items():
            self._most_waiting[inode] = max(self._most_waiting[inode], listener.waiting)
        return listeners

    def end(self) -> None:
        """Take note of nothing that comes later, but in logs."""
        self._kills.end()
        self._drops = self._find_drops()

    def surroundings(self, processes: Mapping[Role, Collection[int]]) -> Surroundings:
        """Return what was seen, in logs up to now; these can be read once.

        Args:
            processes: ids of those that each role had.
        """
        all_processes = {role: own | set(processes.get(role, ())) for role, own in self._processes.items()}
        return Surroundings(
            front="proxy" if "proxy" in self._parts else "server",
            server_program=program_of(self._parts["server"].command) if "server" in self._parts else "",
            logs=[
                LogPiece(
                    role=role,
                    program=program_of(part.command),
                    name=part.log_path.name,
                    lines=_since(self._begin[role], part.log_path),
                )
                for role, part in self._parts.items()
            ],
            drops=self._drops,
            memory_kills=self._kills.kills(all_processes),
        )

    def was_killed_for_memory(self, role: Role) -> bool:
        """Whether the kernel is known to have killed a part that has ended; nothing is seen after that."""
        self._kills.end()
        kills = self._kills.kills(self._processes) or []
        return any(kill.role == role for kill in kills)

    def _watch_processes(self) -> None:
        self._processes = {role: set(part.process_ids()) for role, part in self._parts.items()}
        self._kills.begin()

    def _find_drops(self) -> list[ListenerDrops]:
        """Return what the parts' sockets have dropped; without leave to look at them, what all of the machine have."""
        overflows = overflows_of_all()
        grown = 0 if overflows is None or self._overflows is None else overflows - self._overflows
        if not grown:
            return []
        before, now = self._sockets, self.look()
        if before is None or now is None:
            return [ListenerDrops(role=None, address="some socket of the machine", dropped=grown)]
        drops: list[ListenerDrops] = []
        for listener, role in self._own(now):
            known = before.get(listener.inode)
            dropped = listener.drops - (0 if known is None else known.drops)
            if dropped > 0:
                drops.append(
                    ListenerDrops(
                        role=role,
                        address=f"{listener.host}:{listener.port}",
                        dropped=min(dropped, grown),
                        backlog=listener.backlog,
                        most_waiting=self._most_waiting[listener.inode],
                        is_full=listener.waiting > listener.backlog,
                    )
                )
        return drops

    def _own(self, listeners: Mapping[int, Listener]) -> list[tuple[Listener, Role]]:
        """Return the sockets of the parts, and those of the port that the load is sent to."""
        owners = _socket_owners(self._parts)
        at_port: Role = "proxy" if "proxy" in self._parts else "server"
        own = [(listener, owners.get(inode)) for inode, listener in listeners.items()]
        return [
            (listener, role or at_port) for listener, role in own if role is not None or listener.port == self._port
        ]


def _since(begin: LogPosition, path: Path) -> Iterator[LogLine]:
    return lines_between(path, begin, LogPosition.at_end_of(path, begin))


def _listeners() -> dict[int, Listener] | None:
    try:
        return read_listeners()
    except OSError:  # a kernel without sock_diag, or a sandbox
        return None


def _memory_groups(parts: Mapping[Role, Logging]) -> dict[Role, Path]:
    """Return the control group of each role, unless it is that of this process and so of everybody."""
    groups: dict[Role, Path] = {}
    for role, part in parts.items():
        group = next((group for process in part.process_ids() if (group := memory_group_of(process))), None)
        if group is not None and group != memory_group_of("self"):
            groups[role] = group
    return groups


def _socket_owners(parts: Mapping[Role, Logging]) -> dict[int, Role]:
    """Return whose each socket is, by its inode."""
    owners: dict[int, Role] = {}
    for role, part in parts.items():
        for inodes in socket_inodes(part.process_ids()).values():
            owners |= dict.fromkeys(inodes, role)
    return owners
