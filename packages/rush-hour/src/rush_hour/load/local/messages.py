"""Messages between the processes of the load generator."""

from dataclasses import dataclass

from rush_hour.core.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """To a process that sends: open every connection that is not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The number of connections that are open, and why others are not."""

    count: int
    failures: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """To a process that sends: follow a schedule."""

    schedule: Schedule
    start_at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """To a process that sends: say which connections are open, and how many answers of the last run came on each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """To a process that sends: end; now, if a schedule is being followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """To the process that counts: a run begins.

    Attributes:
        pids: of the processes that send.
        reports_seconds: whether each second is to be told as soon as it is complete.
        requests: how many requests are told apart; 0 for a plan whose requests have no names.
        phases: of the profile; 0 without one.
    """

    pids: list[int]
    reports_seconds: bool
    requests: int = 0
    phases: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """To the process that counts: nothing more is written; say what there was.

    Attributes:
        uncounted: of each process that sends: see `Done`.
    """

    uncounted: list[dict[int, int]]
