"""A load whose loop runs in the test's own process: fast to start, and its surroundings can be changed."""

import os
import socket
import sys
from time import monotonic_ns

from load_runs import assert_accounted_for, plan_for

from rush_hour.core.arrivals import ClosedLoop
from rush_hour.core.result import LoadReport
from rush_hour.core.verdict import judge
from rush_hour.load.generators import Done, Outcome
from rush_hour.load.injector.injector import Injector
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.local.counter import Counting
from rush_hour.load.local.messages import Begin, Finish
from rush_hour.load.local.ring_reader import RingReader
from rush_hour.load.plan import LoadPlan
from rush_hour.load.ring import Ring
from rush_hour.load.run import assemble

ONE_AFTER_THE_OTHER = {  # however busy the machine is, all are answered
    "arrivals": ClosedLoop(), "duration_s": 60.0, "timeout_s": 30.0, "processes": 1,
}  # fmt: skip


def drive_all(url: str, count: int, **changes: object) -> LoadReport:
    """Load a URL with so many requests, one after the other on each connection."""
    changes = ONE_AFTER_THE_OTHER | {"max_requests": count} | changes
    return drive(plan_for(url, **changes))  # type: ignore[arg-type]  # the changes are of the plan's own fields


def drive(plan: LoadPlan) -> LoadReport:
    """Carry a plan of one process out, hold its sums against each other, and return the report."""
    switch_interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)  # the server is often a thread of the same process
    ring = Ring()
    control, other_end = socket.socketpair()
    try:
        writer, reader = RingWriter(ring), RingReader(ring)
        counting = Counting([reader], Begin(pids=[os.getpid()], reports_seconds=False))
        injector = Injector(plan, plan.destination.resolve(), 0, control.fileno(), writer)
        try:
            opened = injector.open_connections(2.0)
            start_at_ns = monotonic_ns()
            due = injector.run(plan.schedule, start_at_ns)
            elapsed_ns = min(monotonic_ns() - start_at_ns, plan.schedule.duration_ns)
            done = Done(
                requests_due=due, open_at_end=injector.open_at_end, uncounted=writer.uncounted, cpu_s=0.0,
                max_rss_bytes=0, first_bad=injector.first_bad,
            )  # fmt: skip
        finally:
            injector.close()
        counted = counting.finish(Finish(uncounted=[writer.uncounted]))
    finally:
        sys.setswitchinterval(switch_interval_s)
        for end in (control, other_end):
            end.close()
        ring.close()
    outcome = Outcome(done=[done], counted=counted, elapsed_ns=elapsed_ns, is_interrupted=False)
    result = assemble(plan, outcome, open_at_start=opened)
    assert_accounted_for(result)
    return LoadReport(plan=plan.facts(), result=result, verdict=judge(plan.facts(), result, shares_cores=False))
