"""The process that counts what the others note down, at a lower priority than theirs.

Five times a second it takes what is in the rings, and looks at what the kernel says of their writers. Once a second it
tells its parent one row of the timeline; at the end everything, merged.
"""

import gc
from collections import deque
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from time import process_time
from typing import Any

from rush_hour.core.counting import PhaseCounts, RequestCounts, ShareCounts
from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import Histogram, Used
from rush_hour.core.records import BAD, CONNECT_FAILED, FAILED, GOOD, SENT
from rush_hour.core.timeline import Interval, Timeline
from rush_hour.load.generators import Counted, PhaseCounted, RequestCounted
from rush_hour.load.kernel import ProcessUsage, end_with_parent, give_way, read_machine, read_process
from rush_hour.load.local.messages import Begin, Finish
from rush_hour.load.local.ring_reader import RingReader
from rush_hour.load.ring import Ring
from rush_hour.load.share import ShareCounted

LOOK_INTERVAL_S = 0.2


class Witness:
    """The kernel's account of one process, at the end of each second of a run.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._at_begin = self._last = read_process(pid)
        self._first: tuple[float, ProcessUsage] | None = None
        self._latest: deque[tuple[float, ProcessUsage]] = deque(maxlen=3)  # the last is cut short, or is the last whole
        self.own_pause_us = 0

    def see(self, interval: Interval) -> None:
        """Look at the process: it has just ended a second."""
        usage = read_process(self._pid)
        waited_us = 0
        if usage is not None:
            waited_us = (_wait_ns(usage) - _wait_ns(self._last)) // 1000
            self._first = self._first or (interval.at_s, usage)
            self._latest.append((interval.at_s, usage))
            self._last = usage
        self.own_pause_us = max(self.own_pause_us, interval.pause_us - waited_us)

    def watched(self) -> tuple[float, int, int]:
        """Return for how many seconds page faults were watched, and how many minor and major ones there were."""
        if self._first is None or len(self._latest) < 3 or self._latest[0][0] <= self._first[0]:
            return 0.0, 0, 0
        (begin_s, before), (end_s, after) = self._first, self._latest[0]
        return end_s - begin_s, after.minor_faults - before.minor_faults, after.major_faults - before.major_faults

    def cpu_s(self) -> float:
        """Return the CPU time used since the run began, up to the last look."""
        if self._at_begin is None or self._last is None:
            return 0.0
        return self._last.cpu_s - self._at_begin.cpu_s

    def run_queue_wait_ratio(self) -> float | None:
        """Return for which share of the run it was ready and had no core; None where it is not known."""
        if not self._latest or self._last is None or self._last.run_queue_wait_ns is None:
            return None
        return (_wait_ns(self._last) - _wait_ns(self._at_begin)) / 1e9 / self._latest[-1][0]


def _wait_ns(usage: ProcessUsage | None) -> int:
    return 0 if usage is None else usage.run_queue_wait_ns or 0


class Counting:
    """One run.

    Args:
        readers: of the rings of all processes.
        begin: the order to count it.
    """

    def __init__(self, readers: Sequence[RingReader], begin: Begin) -> None:
        self._readers = readers
        self._shares = [ShareCounts(begin.requests, begin.phases) for _ in readers]
        self._witnesses = [Witness(pid) for pid in begin.pids]
        self._timeline = Timeline(len(readers))
        self._machine = read_machine()
        self._cpu_at_begin_s = process_time()

    def look(self) -> list[TimelineRow]:
        """Count what there is, and return the seconds that are complete now."""
        rows: list[TimelineRow] = []
        for reader, share, witness in zip(self._readers, self._shares, self._witnesses, strict=True):
            while len(records := reader.take()):
                for interval in share.feed(records):
                    witness.see(interval)
                    row = self._timeline.add(interval)
                    rows += [] if row is None else [row]
        return rows

    def finish(self, finish: Finish) -> Counted:
        """Return everything; the processes write nothing more."""
        self.look()
        for share, uncounted in zip(self._shares, finish.uncounted, strict=True):
            share.add_uncounted(uncounted)
            if (interval := share.close()) is not None:
                self._timeline.add(interval)
        return Counted(
            shares=[self._share(number) for number in range(len(self._shares))],
            timeline=self._timeline.rows(),
            latency=_merged(share.latency for share in self._shares),
            service_time=_merged(share.service_time for share in self._shares),
            send_lag=_merged(share.send_lag for share in self._shares),
            read_lag=_merged(share.read_lag for share in self._shares),
            latency_bad=_merged(share.latency_bad for share in self._shares),
            requests=[_request(same) for same in zip(*(share.requests for share in self._shares), strict=True)],
            phases=[_phase(same) for same in zip(*(share.phases for share in self._shares), strict=True)],
            steal_ratio=self._steal_ratio(),
            cpu_s=process_time() - self._cpu_at_begin_s,
        )

    def _share(self, number: int) -> ShareCounted:
        share, witness, names = self._shares[number], self._witnesses[number], self._readers[number].names()
        watched_s, minor_faults, major_faults = witness.watched()
        return ShareCounted(
            sent=share.total(SENT),
            good=share.total(GOOD),
            bad=share.total(BAD),
            status_counts=share.statuses(GOOD, BAD),
            bad_status_counts=share.statuses(BAD),
            errors=share.by_name(FAILED, names),
            connect_failures=share.by_name(CONNECT_FAILED, names),
            totals=share.totals,
            open_connections=share.open_connections,
            own_pause_us=witness.own_pause_us,
            minor_faults=minor_faults,
            major_faults=major_faults,
            watched_s=watched_s,
            run_queue_wait_ratio=witness.run_queue_wait_ratio(),
            cpu_s=witness.cpu_s(),
            finished_by_phase=[phase.finished for phase in share.phases],
        )

    def _steal_ratio(self) -> float | None:
        before, after = self._machine, read_machine()
        if before is None or after is None or after.total == before.total:
            return None
        return (after.steal - before.steal) / (after.total - before.total)


def _request(same: Iterable[RequestCounts]) -> RequestCounted:
    total = RequestCounts()
    for one in same:
        total.add(one)
    sent, good, bad, failed = (int(total.kinds[kind]) for kind in (SENT, GOOD, BAD, FAILED))
    return RequestCounted(sent=sent, good=good, bad=bad, failed=failed, latency=total.latency.used())


def _phase(same: Sequence[PhaseCounts]) -> PhaseCounted:
    total = _request(same)
    return PhaseCounted(
        sent=total.sent,
        good=total.good,
        bad=total.bad,
        failed=total.failed,
        latency=total.latency,
        send_lag=_merged(phase.send_lag for phase in same),
    )


def _merged(histograms: Iterable[Histogram]) -> Used:
    return Histogram.merged(histograms).used()


def count(rings: Sequence[Ring], control: "Connection[Any, Any]") -> None:
    """Count what is written into rings until the parent is gone: the main function of the process.

    Args:
        rings: of the processes that send.
        control: the parent's `Begin` and `Finish` come here; rows of the timeline and `Counted` go back.
    """
    end_with_parent()
    give_way()
    gc.freeze()
    readers = [RingReader(ring) for ring in rings]
    counting: Counting | None = None
    reports_seconds = False
    try:
        while True:
            if counting is not None and not control.poll(LOOK_INTERVAL_S):
                for row in counting.look():
                    if reports_seconds:
                        control.send(row)
                continue
            match control.recv():
                case Begin() as begin:
                    counting, reports_seconds = Counting(readers, begin), begin.reports_seconds
                case Finish() as finish if counting is not None:
                    rows = counting.look()
                    for row in rows if reports_seconds else []:
                        control.send(row)
                    control.send(counting.finish(finish))
                    counting = None
    except (EOFError, OSError):
        return  # the parent is gone
