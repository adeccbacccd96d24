"""What is known of a machine that somebody wants to measure on. None is what the machine does not tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rush_hour.judge.health.noise import Noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Turbo:
    """Whether cores run faster than they can for long, and the command that ends it."""

    is_on: bool
    off_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineState:
    """The machine as it is now.

    Attributes:
        cores: that this process may use.
        online_cores: that there are.
        tells_quota: whether control groups could be read.
        quota_cores: how many cores they allow; None without a quota.
        governors: how many of the cores have which; empty where none is told.
        is_virtual, is_container: what it seems to be.
        steal_ratio: share of CPU time since the start that the host gave to others.
        clock: what the kernel reads the time from.
        clocks: what it could read it from.
        open_files_soft, open_files_hard: limits of a process; None for none.
        port_range: the first and the last port that connections leave by.
        on_battery: whether it has one, and no other power.
    """

    cores: int
    online_cores: int | None = None
    tells_quota: bool = True
    quota_cores: float | None = None
    governors: Mapping[str, int] = field(default_factory=dict)
    turbo: Turbo | None = None
    is_virtual: bool = False
    is_container: bool = False
    steal_ratio: float | None = None
    clock: str | None = None
    clocks: tuple[str, ...] = ()
    open_files_soft: int | None = None
    open_files_hard: int | None = None
    somaxconn: int | None = None
    port_range: tuple[int, int] | None = None
    on_battery: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """A server of the catalogue, or one of several ways to run it.

    Attributes:
        version: of its distribution; None if that is not there, or something that it needs.
        command: what brings it; empty for one that is there.
        variant_of: the name of the server that it is a way to run; None for a server itself.
    """

    name: str
    title: str
    version: str | None
    command: str
    variant_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is judged.

    Attributes:
        other_load_ratio: share of the machine that other programs use now; None where nobody looked.
        noise: what a calibration has measured; None without one.
        servers: of the catalogue; None where nobody looked.
    """

    state: MachineState
    other_load_ratio: float | None = None
    noise: Noise | None = None
    servers: Sequence[FoundServer] | None = None
