"""A load whose loop runs in the test's own process: fast to start, and its surroundings can be changed."""

import os
import socket
import sys
from collections.abc import Callable
from time import monotonic_ns
from types import TracebackType
from typing import Self

from load_runs import assert_accounted_for, plan_for

from rush_hour.core.arrivals import ClosedLoop
from rush_hour.core.figures import TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.load.generators import Outcome
from rush_hour.load.injector.injector import Injector
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.local.counter import Counting
from rush_hour.load.local.messages import Begin, Finish
from rush_hour.load.local.ring_reader import RingReader
from rush_hour.load.plan import LoadPlan
from rush_hour.load.ring import Ring
from rush_hour.load.run import run_load
from rush_hour.load.share import Done, OpenConnection
from rush_hour.results.run import Run

ONE_AFTER_THE_OTHER = {  # however busy the machine is, all are answered
    "arrivals": ClosedLoop(), "duration_s": 60.0, "timeout_s": 30.0, "processes": 1,
}  # fmt: skip


def drive_all(url: str, count: int, **changes: object) -> Run:
    """Load a URL with so many requests, one after the other on each connection."""
    changes = ONE_AFTER_THE_OTHER | {"max_requests": count} | changes
    return drive(plan_for(url, **changes))  # type: ignore[arg-type]  # the changes are of the plan's own fields


def drive(plan: LoadPlan) -> Run:
    """Carry a plan of one process out, hold its sums against each other, and return the run."""
    run = run_load(plan, generators=ThisProcess)
    assert_accounted_for(run.result)
    return run


class ThisProcess:
    """The generator of a plan of one process, in the test's own."""

    shares_cores = False

    def __init__(self, plan: LoadPlan) -> None:
        self._plan = plan
        self._address = plan.destination.resolve()

    def __enter__(self) -> Self:
        self._ring = Ring()
        self._ends = socket.socketpair()
        self._writer, self._reader = RingWriter(self._ring), RingReader(self._ring)
        self._injector = Injector(self._plan, self._address, 0, self._ends[0].fileno(), self._writer)
        self._switch_interval_s = sys.getswitchinterval()
        sys.setswitchinterval(1e-4)  # the server is often a thread of the same process
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._injector.close()
        sys.setswitchinterval(self._switch_interval_s)
        for end in self._ends:
            end.close()
        self._ring.close()

    def open_connections(self) -> int:
        return self._injector.open_connections(2.0)

    def run(
        self,
        schedule: Schedule,
        *,
        on_second: Callable[[TimelineRow], None] | None = None,  # noqa: ARG002  # the protocol's
        watch: Callable[[], None] = lambda: None,  # noqa: ARG002
    ) -> Outcome:
        begin = Begin(pids=[os.getpid()], reports_seconds=False, requests=len(self._plan.request_names))
        counting = Counting([self._reader], begin)
        start_at_ns = monotonic_ns()
        due = self._injector.run(schedule, start_at_ns)
        elapsed_ns = min(monotonic_ns() - start_at_ns, schedule.duration_ns)
        done = Done(
            requests_due=due, open_at_end=self._injector.open_at_end, uncounted=self._writer.uncounted, cpu_s=0.0,
            max_rss_bytes=0, first_bad=self._injector.first_bad, slowest=self._injector.slowest,
        )  # fmt: skip
        counted = counting.finish(Finish(uncounted=[self._writer.uncounted]))
        return Outcome(done=[done], counted=counted, elapsed_ns=elapsed_ns, is_interrupted=False)

    def connections(self) -> list[OpenConnection]:
        return self._injector.connections()
