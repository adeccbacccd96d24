"""The places where a series changed its level, and by how much. Pure: logarithms in, changes out.

There are two thresholds (Hunter; Fleming and others, 2023). Windows that overlap are cut wherever a cut is worth a
look, so that a rise does not hide the fall behind it. Then each cut is judged by the values up to its neighbours, and
the worst one is taken out, until all that are left are certain, and large enough to matter.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from rush_hour.core.intervals import LEVEL, Interval
from rush_hour.judge.history.scan import SIDE, Split, Values, scan

WINDOW = 60  # values that are looked at together; further ones say little of what is now
WORTH_A_LOOK = 0.05  # the p up to which a window is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change of the level.

    Attributes:
        at: the first value behind it.
        p: how often values without a change have one as large.
        ratio: of values behind it to those before it.
    """

    at: int
    p: float
    ratio: Interval


def steps(logs: Sequence[float], *, level: float, least: float) -> list[Step]:
    """Return where a series changed its level.

    Args:
        logs: logarithms, in their order.
        level: how often a series without a change may be said to have one.
        least: the logarithm of the smallest ratio that matters.
    """
    return _Search(np.asarray(logs, float), level, least).steps() if len(logs) >= 2 * SIDE else []


class _Search:
    """The search for the steps of one series; what was scanned once is known.

    Args:
        values: logarithms.
        level: up to which p a cut is certain.
        least: the smallest difference that matters.
    """

    def __init__(self, values: Values, level: float, least: float) -> None:
        self._values = values
        self._level = level
        self._least = least
        self._scanned: dict[tuple[int, int, float], Split | None] = {}

    def steps(self) -> list[Step]:
        """Return the steps: cuts are moved to where they belong, and those that do not hold are taken out."""
        cuts = sorted({cut for begin, end in self._windows() for cut in self._cuts(begin, end)})
        seen: set[tuple[int, ...]] = set()
        while True:
            ends = [0, *cuts, len(self._values)]
            found = [self._step(*around) for around in zip(ends, cuts, ends[2:], strict=False)]
            worst = max(found, key=self._badness, default=None)
            if worst is not None and not self._holds(worst):
                del cuts[found.index(worst)]
                continue
            seen.add(tuple(cuts))
            cuts = sorted({step.at for step in found})
            if tuple(cuts) in seen:
                return list({step.at: step for step in found}.values())

    def _windows(self) -> Iterator[tuple[int, int]]:
        """Yield where windows begin and end, long ones and short ones: each has half of the one before it."""
        for length in (WINDOW, WINDOW // 2):
            last = max(0, len(self._values) - length)
            for begin in range(0, last, length // 2):
                yield begin, begin + length
            yield last, len(self._values)

    def _cuts(self, begin: int, end: int) -> Iterator[int]:
        """Yield where a window is worth a cut, and its parts again."""
        split = self._scan(begin, end, WORTH_A_LOOK)
        if split is None or split.p > WORTH_A_LOOK:
            return
        yield split.at
        yield from self._cuts(begin, split.at)
        yield from self._cuts(split.at, end)

    def _scan(self, begin: int, end: int, level: float) -> Split | None:
        """Return where these values change most; None where they differ by less than matters."""
        key = (begin, end, level)
        if key not in self._scanned:
            values = self._values[begin:end]
            split = scan(values, level, self._least) if np.ptp(values) >= self._least else None
            self._scanned[key] = None if split is None else Split(begin + split.at, split.p)
        return self._scanned[key]

    def _step(self, before: int, cut: int, behind: int) -> Step:
        """Return what a cut is between its neighbours; it is where these values change most."""
        begin, end = max(before, cut - WINDOW // 2), min(behind, cut + WINDOW // 2)
        split = self._scan(begin, end, self._level)
        at, p = (cut, 1.0) if split is None else (split.at, split.p)
        return Step(at=at, p=p, ratio=ratio_of(self._values[begin:at], self._values[at:end]))

    def _holds(self, step: Step) -> bool:
        return step.p <= self._level and abs(math.log(step.ratio.mean)) >= self._least

    def _badness(self, step: Step) -> tuple[bool, float, float]:
        return not self._holds(step), step.p, -abs(math.log(step.ratio.mean))


def ratio_of(before: Values, behind: Values) -> Interval:
    """Return the middle of the ratios of each value behind to each before, with its interval (Hodges and Lehmann).

    The interval is that of 95 % where both sides have four values; of fewer, all ratios that there are.

    Args:
        before: logarithms, at least one.
        behind: logarithms, at least one.
    """
    apart = np.sort((behind[:, None] - before[None, :]).ravel())
    m, n = len(before), len(behind)
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt(m * n * (m + n + 1) / 12)
    low = max(0, math.floor(m * n / 2 - half))
    ends = (apart[low], np.median(apart), apart[-1 - low])
    low_ratio, middle, high_ratio = (math.exp(float(end)) for end in ends)
    return Interval(low=low_ratio, mean=middle, high=high_ratio)
