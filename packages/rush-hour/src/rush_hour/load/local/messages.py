"""What the processes of the load generator tell each other, and what is known at the end."""

from collections import Counter
from dataclasses import dataclass

from rush_hour.core.result import BadAnswer
from rush_hour.core.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """To a process that sends: open every connection that is not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How many connections are open, and why others are not."""

    count: int
    failures: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """To a process that sends: follow a schedule."""

    schedule: Schedule
    start_at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """From a process that has followed a schedule; everything else is in its ring.

    Attributes:
        requests_due: how many were due until the end.
        open_at_end: of the schedule.
        uncounted: records for which the ring had no room, by tag: their durations are missing.
        first_bad: what was wrong with the first answer that was not good; None without any.
    """

    requests_due: int
    open_at_end: int
    uncounted: dict[int, int]
    cpu_s: float
    max_rss_bytes: int
    first_bad: BadAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """To a process that sends: end; now, if a schedule is being followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """To the process that counts: a run begins.

    Attributes:
        pids: of the processes that send.
        reports_seconds: whether each second is to be told as soon as it is complete.
    """

    pids: list[int]
    reports_seconds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """To the process that counts: nothing more is written; say what there was.

    Attributes:
        uncounted: of each process that sends: see `Done`.
    """

    uncounted: list[dict[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCounted:
    """What one process has noted down in the whole run, and what the kernel says of it.

    Attributes:
        status_counts: answers by status.
        totals: by the codes of `core.records`.
        open_connections: at the end of the last second.
        own_pause_us: the longest time for which it was awake and looked at no connection, and that it did not wait
            for a core in that second.
        minor_faults, major_faults: from the end of the first second to the beginning of the last one that was whole.
        watched_s: how long that was; 0 for a run that is too short for it.
        run_queue_wait_ratio: share of the run for which it was ready and had no core; None where nobody knows.
        cpu_s: what it used up to the end of the last second.
    """

    sent: int
    good: int
    bad: int
    status_counts: Counter[int]
    errors: Counter[str]
    connect_failures: Counter[str]
    totals: list[int]
    open_connections: int
    own_pause_us: int
    minor_faults: int
    major_faults: int
    watched_s: float
    run_queue_wait_ratio: float | None
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What became of one process's share of the schedule.

    Attributes:
        done: what it said at the end; None when it had to be killed.
    """

    counted: ShareCounted
    done: Done | None
    requests_due: int
