"""Curves: how many requests a profile has due by an instant: the integral of its rate; and the inverse of that.

Request i is due at the instant at which the integral passes i. So a phase has the requests from the integral at its
beginning, rounded up, to that at its end; one that would be due while the rate is 0 is due when that is over.

The integrals at the bounds of phases are exact: instants are whole nanoseconds, and rates are fractions, to a
millionth. Within a phase the line or parabola is solved in the form that subtracts nothing, so that it is stable near a
slope of 0 and where the rate begins or ends at 0: a falling phase is solved from its end.

Pure.
"""

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, sqrt

from rush_hour.core.profile.profile import LEAST_PER_S, LoadProfile, Phase

PARTS_OF_A_REQUEST = round(1 / LEAST_PER_S)


class Curve:
    """The curve of some phases.

    Args:
        phases: at least one.

    Attributes:
        requests: how many are due in all.
        ends_ns: when each phase ends, in nanoseconds after the start.
        firsts: the number of the first request of each phase, and of the first after all of them.
    """

    def __init__(self, phases: Sequence[Phase]) -> None:
        begin_ns, begin = 0, Fraction(0)
        self._pieces: list[_Piece] = []
        for phase in phases:
            piece = _Piece(phase, begin_ns, begin)
            self._pieces.append(piece)
            begin_ns, begin = piece.end_ns, piece.end
        self.ends_ns = [piece.end_ns for piece in self._pieces]
        self.firsts = [piece.first for piece in self._pieces] + [ceil(begin)]
        self.requests = self.firsts[-1]
        self._begins = [float(piece.begin) for piece in self._pieces]

    def due_ns(self, number: int) -> int:
        """Return when a request is due; its number is at least 0 and below `requests`."""
        piece = self._pieces[bisect_right(self.firsts, number) - 1]
        return piece.passed_ns(number - piece.first + piece.gap)

    def count_due(self, until_ns: int) -> int:
        """Return how many requests are due by an instant, exactly as `due_ns` says of each."""
        count = min(int(self.amount(until_ns)) + 1, self.requests)
        while count > 0 and self.due_ns(count - 1) > until_ns:
            count -= 1
        while count < self.requests and self.due_ns(count) <= until_ns:
            count += 1
        return count

    def amount(self, at_ns: int) -> float:
        """Return the integral of the rate from the start to an instant."""
        piece = self._pieces[min(bisect_right(self.ends_ns, at_ns), len(self._pieces) - 1)]
        return float(piece.begin) + piece.amount(min(max(at_ns, 0), piece.end_ns) - piece.begin_ns)

    def passed_ns(self, amount: float) -> int:
        """Return when the integral passes an amount, which is at least 0 and below that of the whole."""
        piece = self._pieces[bisect_right(self._begins, amount) - 1]
        return piece.passed_ns(amount - float(piece.begin))


@lru_cache(maxsize=8)
def curve_of(phases: tuple[Phase, ...]) -> Curve:
    """Return the curve of some phases, made once."""
    return Curve(phases)


def mean_between(profile: LoadProfile, begin_s: float, end_s: float) -> float:
    """Return the rate of a profile in the mean between two instants, the earlier one first; 0 after its end."""
    curve, begin_ns, end_ns = curve_of(profile.phases), round(begin_s * 1e9), round(end_s * 1e9)
    return (curve.amount(end_ns) - curve.amount(begin_ns)) * 1e9 / max(1, end_ns - begin_ns)


class _Piece:
    """One phase, and the integral at its bounds."""

    __slots__ = ("_end_per_s", "_length_s", "_slope", "_start_per_s", "_whole", "begin", "begin_ns", "end", "end_ns",
                 "first", "gap")  # fmt: skip

    def __init__(self, phase: Phase, begin_ns: int, begin: Fraction) -> None:
        start, end = (
            Fraction(rate).limit_denominator(PARTS_OF_A_REQUEST) for rate in (phase.from_per_s, phase.to_per_s)
        )
        length = Fraction(phase.duration_ns, 10**9)
        self.begin_ns, self.end_ns = begin_ns, begin_ns + phase.duration_ns
        self.begin, self.end = begin, begin + (start + end) / 2 * length
        self.first = ceil(begin)
        self.gap = float(self.first - begin)  # from the integral at the beginning to its first request
        self._start_per_s, self._end_per_s, self._length_s = float(start), float(end), float(length)
        self._slope = float((end - start) / length)
        self._whole = float(self.end - begin)

    def amount(self, after_ns: int) -> float:
        """Return the integral from the beginning of the piece."""
        after_s = after_ns / 1e9
        return after_s * (self._start_per_s + self._slope * after_s / 2)

    def passed_ns(self, amount: float) -> int:
        """Return when the integral from the beginning of the piece passes an amount; within the piece in any case."""
        if self._slope >= 0:
            after_s = _time_for(amount, self._start_per_s, self._slope)
        else:
            after_s = self._length_s - _time_for(self._whole - amount, self._end_per_s, -self._slope)
        return min(max(self.begin_ns + int(after_s * 1e9), self.begin_ns), self.end_ns - 1)


def _time_for(amount: float, rate_per_s: float, slope: float) -> float:
    """Return after how long a rate that rises evenly, or not, has made an amount; in seconds."""
    if amount <= 0:
        return 0.0
    return 2 * amount / (rate_per_s + sqrt(rate_per_s * rate_per_s + 2 * slope * amount))
