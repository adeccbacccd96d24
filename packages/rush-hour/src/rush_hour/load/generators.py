"""Generators that carry a plan out, wherever their processes run, and the outcome.

Instants are counted from the start of the schedule: the clocks of two machines have nothing to do with each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Used
from rush_hour.core.schedule import Schedule
from rush_hour.load.share import Done, OpenConnection, ShareCounted


class RunOver(Exception):
    """Raised by whoever watches a run, to end it at once with the figures that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounted:
    """The counts of one of several requests with names, of all processes together.

    Attributes:
        latency: of good answers.
    """

    sent: int
    good: int
    bad: int
    failed: int
    latency: Used


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCounted:
    """The counts of one phase of a profile, of all processes together.

    Attributes:
        latency: of good answers.
        send_lag: of all requests sent.
    """

    sent: int
    good: int
    bad: int
    failed: int
    latency: Used
    send_lag: Used


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts of all processes together.

    Attributes:
        shares: each one's counts.
        timeline: each second.
        requests: each request that is told apart, by its number.
        phases: each phase of a profile.
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
    requests: list[RequestCounted]
    steal_ratio: float | None
    cpu_s: float
    phases: list[PhaseCounted] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One schedule, as all processes saw it.

    Attributes:
        done: what each said at the end; None of one that had to be killed.
        counted: what they had noted down.
        elapsed_ns: from the start of the schedule to its end, or to Ctrl-C.
        is_ended_early: whether who watched it ended it.
    """

    done: list[Done | None]
    counted: Counted
    elapsed_ns: int
    is_interrupted: bool
    is_ended_early: bool = False


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
            watch: called twice a second; may raise to end the run, `RunOver` to keep its figures.

        Raises:
            RushHourError: a process of the load generator died.
            KeyboardInterrupt: the second Ctrl-C.
        """

    def connections(self) -> list[OpenConnection]:
        """Return the TCP connections that are open after a run that went to its end, of all processes that say so.

        Raises:
            RushHourError: a process of the load generator died.
        """
