"""Counting of one process's records: counts, histograms, and a report for each second. Pure."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rush_hour.core.histogram import Histogram
from rush_hour.core.records import (
    BAD,
    CODES,
    CONNECT_FAILED,
    FAILED,
    GOOD,
    KIND_BITS,
    KIND_MASK,
    REQUEST_SHIFT,
    SECOND,
    SENT,
    TAG_MASK,
    TOTAL,
    TOTALS,
)
from rush_hour.core.timeline import Interval

Records = NDArray[np.int64]  # shape (n, WORDS)
SECOND_NS = 1_000_000_000


class RequestCounts:
    """One of several requests with names.

    Attributes:
        kinds: how often each kind of record came.
        latency: of good answers.
    """

    def __init__(self) -> None:
        self.kinds: NDArray[np.int64] = np.zeros(KIND_MASK + 1, dtype=np.int64)
        self.latency = Histogram()

    def add(self, other: "RequestCounts") -> None:
        """Add what another process saw of the same request."""
        self.kinds += other.kinds
        self.latency.add(other.latency)


class PhaseCounts(RequestCounts):
    """One phase of a profile: the requests that were due in it, whenever they were answered.

    Attributes:
        send_lag: of all that were sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.send_lag = Histogram()

    @property
    def finished(self) -> int:
        """How many were answered or failed."""
        return int(self.kinds[[GOOD, BAD, FAILED]].sum())


class ShareCounts:
    """One run, as one process saw it.

    Args:
        requests: how many requests are told apart; 0 for a plan whose requests have no names.
        phases: of the profile; 0 without one.

    Attributes:
        requests: each of them.
        phases: each of them.
        counts: how often each tag came.
        totals: by the codes of `records.TOTAL`.
        latency, service_time, send_lag, read_lag, latency_bad: the distributions of the whole run.
        open_connections: how many were open at the end of the last second.
    """

    def __init__(self, requests: int = 0, phases: int = 0) -> None:
        self.requests = [RequestCounts() for _ in range(requests)]
        self.phases = [PhaseCounts() for _ in range(phases)]
        self.counts: NDArray[np.int64] = np.zeros(CODES << KIND_BITS, dtype=np.int64)
        self.totals = [0] * TOTALS
        self.latency, self.service_time, self.latency_bad = Histogram(), Histogram(), Histogram()
        self.send_lag, self.read_lag = Histogram(), Histogram()
        self.open_connections = 0
        self._elapsed_ns = 0  # at the end of the last second
        self._latency, self._send_lag = Histogram(), Histogram()  # of the second that is not over
        self._kinds: NDArray[np.int64] = np.zeros(KIND_MASK + 1, dtype=np.int64)  # of that second too

    def feed(self, records: Records) -> list[Interval]:
        """Count records, and return the seconds that they complete."""
        kinds = records[:, -1] & KIND_MASK
        intervals: list[Interval] = []
        begin = 0
        for end in map(int, np.flatnonzero(kinds == SECOND)):
            self._count(records[begin:end], kinds[begin:end])
            intervals.append(self._close_second(records[end]))
            begin = end + 1
        self._count(records[begin:], kinds[begin:])
        return intervals

    def add_uncounted(self, tags: Mapping[int, int]) -> None:
        """Add records whose durations are lost: how often each tag came."""
        for tag, count in tags.items():
            self.counts[tag & TAG_MASK] += count
            phase, request = divmod(tag >> REQUEST_SHIFT, max(1, len(self.requests)))
            if self.requests:
                self.requests[request].kinds[tag & KIND_MASK] += count
            if self.phases:
                self.phases[phase].kinds[tag & KIND_MASK] += count

    def of_kind(self, kind: int) -> NDArray[np.int64]:
        """Return how many records of a kind there were, by code."""
        return self.counts[kind :: KIND_MASK + 1]

    def by_name(self, kind: int, names: Mapping[int, str]) -> Counter[str]:
        """Return how many records of a kind there were, by the name of their code."""
        counts = self.of_kind(kind)
        named: Counter[str] = Counter()
        for code in np.flatnonzero(counts):
            named[names.get(int(code), str(code))] += int(counts[code])
        return named

    def total(self, kind: int) -> int:
        """Return how many records of a kind there were."""
        return int(self.of_kind(kind).sum())

    def statuses(self, *kinds: int) -> Counter[int]:
        """Return how many answers of some kinds there were of each status."""
        counts = sum((self.of_kind(kind) for kind in kinds), np.zeros(CODES, dtype=np.int64))
        return Counter({int(status): int(counts[status]) for status in np.flatnonzero(counts)})

    def _count(self, records: Records, kinds: NDArray[np.int64]) -> None:
        if not len(records):
            return
        if self.requests or self.phases:
            self._count_parts(records, kinds)
        self.counts += np.bincount(records[:, -1] & TAG_MASK, minlength=len(self.counts))
        self._kinds += np.bincount(kinds, minlength=len(self._kinds))
        good, bad, sent = records[kinds == GOOD], records[kinds == BAD], records[kinds == SENT]
        for histogram, durations_ns in (
            (self._latency, good[:, 0]),
            (self.service_time, good[:, 1]),
            (self.read_lag, good[:, 2]),
            (self.latency_bad, bad[:, 0]),
            (self.read_lag, bad[:, 2]),
            (self._send_lag, sent[:, 0]),
        ):
            if len(durations_ns):
                histogram.record_ns(durations_ns)
        for value, _, _, tag in records[kinds == TOTAL]:
            self.totals[tag >> KIND_BITS] = int(value)

    def _count_parts(self, records: Records, kinds: NDArray[np.int64]) -> None:
        """Count each request with a name, and each phase, by itself."""
        phases, requests = np.divmod(records[:, -1] >> REQUEST_SHIFT, max(1, len(self.requests)))
        if self.requests:
            for number in map(int, np.unique(requests)):
                _count_part(self.requests[number], records, kinds, requests == number)
        if self.phases:
            for number in map(int, np.unique(phases)):
                _count_part(self.phases[number], records, kinds, phases == number)
                if len(lags_ns := records[(phases == number) & (kinds == SENT), 0]):
                    self.phases[number].send_lag.record_ns(lags_ns)

    def _close_second(self, record: Records) -> Interval:
        elapsed_ns, open_connections, pause_ns, _ = (int(word) for word in record)
        self.latency.add(self._latency)
        self.send_lag.add(self._send_lag)
        interval = Interval(
            second=self._elapsed_ns // SECOND_NS + 1,
            at_s=elapsed_ns / SECOND_NS,
            sent=int(self._kinds[SENT]),
            good=int(self._kinds[GOOD]),
            bad=int(self._kinds[BAD]),
            failed=int(self._kinds[FAILED]),
            latency=self._latency,
            send_lag=self._send_lag,
            open_connections=open_connections,
            pause_us=pause_ns // 1000,
        )
        self._elapsed_ns, self.open_connections = elapsed_ns, open_connections
        self._latency, self._send_lag = Histogram(), Histogram()
        self._kinds[:] = 0
        return interval

    def close(self) -> Interval | None:
        """Count what came after the last full second, of a process that ended in the middle of one; None if nothing."""
        if not self._kinds[[SENT, GOOD, BAD, FAILED, CONNECT_FAILED]].any():
            return None
        elapsed_ns = self._elapsed_ns + 1
        return self._close_second(np.array([elapsed_ns, self.open_connections, 0, SECOND], dtype=np.int64))


def _count_part(part: RequestCounts, records: Records, kinds: NDArray[np.int64], is_its: NDArray[np.bool_]) -> None:
    part.kinds += np.bincount(kinds[is_its], minlength=KIND_MASK + 1)
    if len(latencies_ns := records[is_its & (kinds == GOOD), 0]):
        part.latency.record_ns(latencies_ns)
