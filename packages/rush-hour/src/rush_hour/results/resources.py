"""CPU time and memory of the parts that served a run, by their role."""

from dataclasses import dataclass, field
from typing import Literal, get_args

Role = Literal["server", "proxy", "database", "generator"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """Usage of a role in one second of the run, the last one cut short.

    Attributes:
        at_s: end of that second, since the start.
        rss_bytes: sum of its processes' resident memory then; pages that they share count once for each.
        busiest_pid, busiest_cpu_s: the process that used most in it, and how much; None where that is not known.
    """

    at_s: float
    cpu_s: float
    rss_bytes: int
    busiest_pid: int | None = None
    busiest_cpu_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """Usage of one process while the load was measured.

    Attributes:
        name: as the process calls itself.
        connections: of the load, that it held at the end; None where that is not known.
        answers: that came on those connections; None where that is not known.
    """

    pid: int
    name: str
    cpu_s: float
    max_rss_bytes: int
    connections: int | None = None
    answers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Usage of one role while the load was measured.

    Attributes:
        cpu_s: of all its processes, those that came and went too.
        max_rss_bytes: highest sum of their resident memory; pages that they share count once for each.
        processes: those that were seen, each for itself; of very many those that used most.
        timeline: each second of the measurement.
    """

    cpu_s: float
    max_rss_bytes: int
    processes: list[ProcessUsage] = field(default_factory=list)
    timeline: list[UsageRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Usage of each role; None for a role that the system does not have."""

    server: Usage
    proxy: Usage | None
    database: Usage | None
    generator: Usage

    def of_role(self, role: Role) -> Usage | None:
        """Return what one role used; None where there is no such role."""
        return self.by_role().get(role)

    def by_role(self) -> dict[Role, Usage]:
        """Return what each role used that there is."""
        roles: dict[Role, Usage | None] = {
            "server": self.server,
            "proxy": self.proxy,
            "database": self.database,
            "generator": self.generator,
        }
        return {role: usage for role, usage in roles.items() if usage is not None}
