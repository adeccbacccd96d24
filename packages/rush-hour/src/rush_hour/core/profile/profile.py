"""Profiles: phases with their rates, one after the other. Within a phase the rate is constant or changes evenly.

These types are the document's (`results/run.py`): they are written as they are. Pure.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

LEAST_PER_S = 1e-6  # rates are told apart to this
PHASES_LIMIT = 64  # each has histograms of its own in the process that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of a profile.

    Attributes:
        name: each phase of a profile has its own.
        from_per_s, to_per_s: requests per second over all connections, at its beginning and at its end; 0 for none.
    """

    name: str
    from_per_s: float
    to_per_s: float
    duration_s: float

    @classmethod
    def constant(cls, name: str, rate_per_s: float, duration_s: float) -> Self:
        """Return a phase of one rate."""
        return cls(name=name, from_per_s=rate_per_s, to_per_s=rate_per_s, duration_s=duration_s)

    @property
    def duration_ns(self) -> int:
        """How long it is, in nanoseconds."""
        return round(self.duration_s * 1e9)

    @property
    def mean_per_s(self) -> float:
        """Its rate in the mean."""
        return (self.from_per_s + self.to_per_s) / 2

    @property
    def offered(self) -> str:
        """Its rate, for reading: `500/s`, `100/s to 2,000/s`."""
        return _span(self.from_per_s, self.to_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProfile:
    """A profile of load.

    Attributes:
        text: as it was asked for: `ramp:100..2000/60s`, or the file that it stands in.
        phases: one after the other; in at least one of them requests are due.

    Raises:
        ValueError: there is no phase, or one that has no length or rate, or nothing is due.
    """

    text: str
    phases: tuple[Phase, ...]

    def __post_init__(self) -> None:
        """Refuse what is no profile: all that follows from one counts on these."""
        if not self.phases:
            raise ValueError("expected at least one phase, got none")
        for phase in self.phases:
            if phase.duration_ns < 1:
                raise ValueError(f"expected phases of at least a nanosecond, got {phase.duration_s!r} s")
            if not (0 <= phase.from_per_s < math.inf and 0 <= phase.to_per_s < math.inf):
                raise ValueError(f"expected requests per second from 0 on, got {phase.offered}")
        if self.highest_per_s < LEAST_PER_S:
            raise ValueError("expected a profile in which requests are due, got one in which none are")

    @property
    def ends_ns(self) -> tuple[int, ...]:
        """When each phase ends, in nanoseconds after the start."""
        return tuple(accumulate(phase.duration_ns for phase in self.phases))

    @property
    def duration_s(self) -> float:
        """How long all of it is."""
        return self.ends_ns[-1] / 1e9

    @property
    def mean_per_s(self) -> float:
        """The rate in the mean over all of it."""
        return sum(phase.mean_per_s * phase.duration_ns for phase in self.phases) / self.ends_ns[-1]

    @property
    def lowest_per_s(self) -> float:
        """The lowest rate."""
        return min(min(phase.from_per_s, phase.to_per_s) for phase in self.phases)

    @property
    def highest_per_s(self) -> float:
        """The highest rate."""
        return max(max(phase.from_per_s, phase.to_per_s) for phase in self.phases)

    @property
    def varies(self) -> bool:
        """Whether the rate ever changes."""
        return self.lowest_per_s < self.highest_per_s

    def phase_at(self, at_s: float) -> Phase:
        """Return the phase at an instant; the last one from its end on."""
        return self.phases[min(bisect_right(self.ends_ns, at_s * 1e9), len(self.phases) - 1)]

    @property
    def first_per_s(self) -> float:
        """The rate at the beginning; where that is 0, the mean of the first phase in which requests are due."""
        first = self.phases[0].from_per_s
        return first or next(phase.mean_per_s for phase in self.phases if phase.mean_per_s > 0)

    @property
    def offered(self) -> str:
        """What is offered, for reading: `100/s to 2,000/s (ramp:100..2000/60s)`."""
        return f"{_span(self.lowest_per_s, self.highest_per_s)} ({self.text})"


def _span(one_per_s: float, other_per_s: float) -> str:
    return f"{one_per_s:,g}/s" if one_per_s == other_per_s else f"{one_per_s:,g}/s to {other_per_s:,g}/s"
