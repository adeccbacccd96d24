"""One process's share of a run: its last word, its counts, and the connections that it has at the end.

What sends imports this, and nothing that needs numpy.
"""

from collections import Counter
from dataclasses import dataclass, field

from rush_hour.core.expectation import BadAnswer
from rush_hour.core.slowest import SlowAnswer

HostAndPort = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The last word of a process that has followed a schedule; everything else is in its ring.

    Attributes:
        requests_due: how many were due until the end.
        open_at_end: of the schedule.
        uncounted: records for which the ring had no room, by tag: their durations are missing.
        first_bad: what was wrong with the first answer that was not good; None without any.
        slowest: its slowest answers.
        unfinished_by_phase: how many were due in each phase of a profile, and neither answered nor failed.
    """

    requests_due: int
    open_at_end: int
    uncounted: dict[int, int]
    cpu_s: float
    max_rss_bytes: int
    first_bad: BadAnswer | None = None
    slowest: list[SlowAnswer] = field(default_factory=list)
    unfinished_by_phase: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConnection:
    """A TCP connection that is open at the end of a run.

    Attributes:
        own, peer: its two ends; hosts are addresses.
        answers: of the run, that came on it since it was opened.
    """

    own: HostAndPort
    peer: HostAndPort
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCounted:
    """The counts of one process over the whole run, and its account with the kernel.

    Attributes:
        status_counts, bad_status_counts: answers, and those of them that were not good, by status.
        totals: by the codes of `core.records`.
        open_connections: at the end of the last second.
        own_pause_us: the longest time for which it was awake and looked at no connection, and that it did not wait
            for a core in that second.
        minor_faults, major_faults: from the end of the first second to the beginning of the last one that was whole.
        watched_s: how long that was; 0 for a run that is too short for it.
        run_queue_wait_ratio: share of the run for which it was ready and had no core; None where it is not known.
        cpu_s: what it used up to the end of the last second.
        finished_by_phase: how many of the requests that were due in each phase of a profile were answered or failed.
    """

    sent: int
    good: int
    bad: int
    status_counts: Counter[int]
    bad_status_counts: Counter[int]
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
    finished_by_phase: list[int] = field(default_factory=list)
