"""Histograms of latencies: HdrHistogram's buckets, filled and merged in bulk.

Values are whole microseconds from 1 to 24 hours, kept to 3 significant digits: buckets of 2,048 equal steps, each
bucket's steps twice as wide as the one's before (http://hdrhistogram.org; the layout is that of its reference
implementations, so that counts can be exchanged with them). Merging is adding counts: associative, and lossless.

Pure. Encoding to the exchange format is the `hdrhistogram` package's.
"""

from collections.abc import Iterable

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Used = tuple[NDArray[np.int64], Counts]  # the steps in use, as indices, and their counts

HIGHEST_US = 24 * 3600 * 1_000_000
SIGNIFICANT_DIGITS = 3
SUB_BUCKETS = 2048
HALF_SUB_BUCKETS = SUB_BUCKETS // 2
SUB_BUCKET_BITS = 11
BUCKETS = HIGHEST_US.bit_length() - SUB_BUCKET_BITS + 1
COUNTS_LENGTH = (BUCKETS + 1) * HALF_SUB_BUCKETS


def _buckets_of(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each value's bucket: 0 for values below 2,048, one more for each further binary digit."""
    binary_digits = np.frexp(values.astype(np.float64))[1].astype(np.int64)  # exact below 2**53
    return np.maximum(binary_digits - SUB_BUCKET_BITS, 0)


def _lowest_values() -> NDArray[np.int64]:
    """Return the lowest value that each count stands for."""
    index = np.arange(COUNTS_LENGTH, dtype=np.int64)
    bucket = index // HALF_SUB_BUCKETS - 1
    sub_bucket = index % HALF_SUB_BUCKETS + HALF_SUB_BUCKETS
    is_first_half = bucket < 0
    return np.where(is_first_half, index, sub_bucket << np.maximum(bucket, 0))


LOWEST_US = _lowest_values()
WIDTH_US = np.maximum(1, 1 << _buckets_of(np.maximum(LOWEST_US, 1)))
HIGHEST_EQUIVALENT_US = LOWEST_US + WIDTH_US - 1
MEDIAN_EQUIVALENT_US = LOWEST_US + WIDTH_US // 2


class Histogram:
    """Counts of durations in microseconds.

    Args:
        counts: one count for each step of each bucket, shape `(COUNTS_LENGTH,)`; empty without.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts: Counts = np.zeros(COUNTS_LENGTH, dtype=np.int64) if counts is None else counts

    def record_ns(self, durations_ns: NDArray[np.int64]) -> None:
        """Add durations in nanoseconds, rounded to the nearest microsecond and kept between 1 µs and 24 h."""
        values = np.clip((durations_ns + 500) // 1000, 1, HIGHEST_US)
        bucket = _buckets_of(values)
        index = bucket * HALF_SUB_BUCKETS + (values >> bucket)
        self.counts += np.bincount(index, minlength=COUNTS_LENGTH)

    def add(self, other: "Histogram") -> None:
        """Merge another histogram into this one."""
        self.counts += other.counts

    @classmethod
    def merged(cls, histograms: Iterable["Histogram"]) -> "Histogram":
        """Return the sum of histograms."""
        total = cls()
        for histogram in histograms:
            total.add(histogram)
        return total

    @property
    def total(self) -> int:
        """Number of durations recorded."""
        return int(self.counts.sum())

    @property
    def max_us(self) -> int:
        """The lowest value of the highest step in use, as HdrHistogram reports it; 0 when empty."""
        used = np.flatnonzero(self.counts)
        return int(LOWEST_US[used[-1]]) if len(used) else 0

    def mean_us(self) -> float:
        """Return the mean; each step counts as its middle.

        Raises:
            ValueError: the histogram is empty.
        """
        return float(self.counts @ MEDIAN_EQUIVALENT_US) / self._total_above_0()

    def stdev_us(self) -> float:
        """Return the population's standard deviation.

        Raises:
            ValueError: the histogram is empty.
        """
        total = self._total_above_0()
        deviations = MEDIAN_EQUIVALENT_US - self.mean_us()
        return float(np.sqrt(self.counts @ np.square(deviations) / total))

    def percentile_us(self, percent: float) -> int:
        """Return the highest value of the step where the cumulated count reaches `percent` (0 to 100) of the total.

        Raises:
            ValueError: the histogram is empty.
        """
        return self.percentiles_us(np.array([percent]))[0]

    def percentiles_us(self, percents: NDArray[np.float64]) -> list[int]:
        """Return the highest values of the steps where the cumulated count reaches these percents of the total.

        Args:
            percents: from 0 to 100, shape `(n,)`.

        Raises:
            ValueError: the histogram is empty.
        """
        targets = np.maximum(1, (percents / 100 * self._total_above_0() + 0.5).astype(np.int64))
        indices = np.searchsorted(np.cumsum(self.counts), targets)
        return [int(value) for value in HIGHEST_EQUIVALENT_US[indices]]

    def used(self) -> Used:
        """Return the steps in use, as indices, and their counts: what is worth sending to another process."""
        index = np.flatnonzero(self.counts)
        return index, self.counts[index]

    @classmethod
    def from_used(cls, index: NDArray[np.int64], counts: Counts) -> "Histogram":
        """Return the histogram that `used` was called on."""
        histogram = cls()
        histogram.counts[index] = counts
        return histogram

    def encode(self) -> str:
        """Return the counts in HdrHistogram's V2 compressed format, in base64: what `.hlog` files hold."""
        encoded: bytes = self.to_hdr().encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, text: str) -> "Histogram":
        """Return the histogram that `encode` was called on."""
        decoded = HdrHistogram.decode(text.encode("ascii"))
        counts = np.array(decoded.counts[: decoded.counts_len], dtype=np.int64)
        return cls(np.resize(np.pad(counts, (0, COUNTS_LENGTH - len(counts))), COUNTS_LENGTH))

    def to_hdr(self) -> HdrHistogram:
        """Return a copy as the `hdrhistogram` package's own type."""
        hdr = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS)
        for index, count in zip(*self.used(), strict=True):
            hdr.record_value(int(LOWEST_US[index]), int(count))
        return hdr

    def _total_above_0(self) -> int:
        total = self.total
        if total == 0:
            raise ValueError("the histogram is empty: it has no mean and no percentiles")
        return total
