"""What is known of a run that may explain what went wrong in it: collected by `rig/watch/witness.py`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rush_hour.results.evidence import LogLine
from rush_hour.results.resources import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPiece:
    """What a part logged while the load was measured.

    Attributes:
        program: that the part runs.
        name: of the file.
        lines: of that time alone.
    """

    role: Role
    program: str
    name: str
    lines: Iterable[LogLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerDrops:
    """Connections that the kernel dropped because a listening socket's accept queue was full.

    Attributes:
        role: whose socket it is; None where that is not known.
        address: that it listens on.
        dropped: while the load was measured; a client that tries again may be dropped again.
        backlog: the length of the queue; None where it is not known.
        most_waiting: the longest that the queue was seen.
        is_full: whether the queue was full at the end.
    """

    role: Role | None
    address: str
    dropped: int
    backlog: int | None = None
    most_waiting: int = 0
    is_full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryKill:
    """A process that the kernel killed for want of memory.

    Attributes:
        role: whose process it was; None where that is not known.
        process: its id, as the kernel's log has it; None where that cannot be read.
        text: what the kernel's log says; the name of the counter where it cannot be read.
    """

    role: Role | None
    process: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything but the result itself.

    Attributes:
        front: the role that the load is sent to.
        server_program: what the server runs, such as `gunicorn`; empty where that is not known.
        logs: of the parts.
        drops: by listening sockets.
        memory_kills: None where the kernel does not say whether there were any.
    """

    front: Role = "server"
    server_program: str = ""
    logs: list[LogPiece] = field(default_factory=list)
    drops: list[ListenerDrops] = field(default_factory=list)
    memory_kills: list[MemoryKill] | None = None
