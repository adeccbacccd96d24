"""Generators that carry a plan out, wherever their processes run, and the outcome.

Instants are counted from the start of the schedule: the clocks of two machines have nothing to do with each other.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from rush_hour.core.histogram import Used
from rush_hour.core.result import BadAnswer, TimelineRow
from rush_hour.core.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The last word of a process that has followed a schedule; everything else is in its ring.

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
class ShareCounted:
    """The counts of one process over the whole run, and its account with the kernel.

    Attributes:
        status_counts: answers by status.
        totals: by the codes of `core.records`.
        open_connections: at the end of the last second.
        own_pause_us: the longest time for which it was awake and looked at no connection, and that it did not wait
            for a core in that second.
        minor_faults, major_faults: from the end of the first second to the beginning of the last one that was whole.
        watched_s: how long that was; 0 for a run that is too short for it.
        run_queue_wait_ratio: share of the run for which it was ready and had no core; None where it is not known.
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
class Counted:
    """The counts of all processes together.

    Attributes:
        shares: each one's counts.
        timeline: each second.
        steal_ratio: share of the cores' time that the machine's host gave to others; None where it is not known.
        cpu_s: what counting took.
    """

    shares: list[ShareCounted]
    timeline: list[TimelineRow]
    latency: Used
    service_time: Used
    send_lag: Used
    read_lag: Used
    latency_bad: Used
    steal_ratio: float | None
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One schedule, as all processes saw it.

    Attributes:
        done: what each said at the end; None of one that had to be killed.
        counted: what they had noted down.
        elapsed_ns: from the start of the schedule to its end, or to Ctrl-C.
    """

    done: list[Done | None]
    counted: Counted
    elapsed_ns: int
    is_interrupted: bool


class Generators(Protocol):
    """The processes of one plan: a context manager that starts and stops them.

    `load/local/processes.py` has those of this machine.
    """

    def __enter__(self) -> Self:
        """Start the processes."""

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Stop the processes."""

    @property
    def shares_cores(self) -> bool:
        """Whether one of them runs on the server's machine."""

    def open_connections(self) -> int:
        """Open all connections that are not open, and return how many are.

        Raises:
            StartError: none could be opened.
        """

    def run(
        self,
        schedule: Schedule,
        *,
        on_second: Callable[[TimelineRow], None] | None = None,
        watch: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Follow a schedule to its end, or until Ctrl-C.

        Args:
            schedule: when each request is due.
            on_second: called with each second as it is complete.
            watch: called twice a second; may raise to end the run.

        Raises:
            RushHourError: a process of the load generator died.
            KeyboardInterrupt: the second Ctrl-C.
        """
