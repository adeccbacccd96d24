"""How noisy a machine is, by what a calibration has seen on each of its cores. Pure.

The method is that of the real-time tests (https://docs.kernel.org/trace/hwlat_detector.html for hwlatdetect, and
`oslat` and `cyclictest` of rt-tests): a program that does nothing but read the clock must read it again at once, so
each gap between two readings is a time in which the core did something else; and one that sleeps for a millisecond
must wake after a millisecond. The first is what happens to a process that is busy, the second to one that waits: the
kernel lets those that have waited go first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, pstdev

PAUSE_US = 100.0  # shorter gaps are not noted: they are less than what Rush Hour's latencies are exact to
LONG_PAUSE_US = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSample:
    """What was seen on one core.

    Attributes:
        watched_us: for how long the clock was read.
        pauses_us: the gaps of `PAUSE_US` and more.
        pieces_us: how long each of many same pieces of work took, without these gaps.
        late_us: by how much later than they were to be sleeps ended.
    """

    watched_us: float
    pauses_us: Sequence[float]
    pieces_us: Sequence[float]
    late_us: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What a calibration says.

    Attributes:
        took_s: how long it was.
        cores: on how many cores at once.
        longest_pause_us: of all gaps.
        pauses_per_s: those of a millisecond and more, on one core.
        paused_ratio: share of the time in which a core was not there for the program.
        p99_floor_us, p99_9_floor_us: what something that needs no time, and comes at any instant, waits for until a
            busy process is on its core, at these percentiles. 0 for less than `PAUSE_US`.
        speed_variation_ratio: standard deviation of the duration of one same piece of work, by its mean.
        late_p50_us, late_p99_us: by how much sleeps ended later than they were to.
        steal_ratio: share of CPU time that the host gave to others meanwhile; None where it does not tell.
    """

    took_s: float
    cores: int
    longest_pause_us: float
    pauses_per_s: float
    paused_ratio: float
    p99_floor_us: float
    p99_9_floor_us: float
    speed_variation_ratio: float
    late_p50_us: float
    late_p99_us: float
    steal_ratio: float | None = None


def noise_of(samples: Sequence[CoreSample], *, took_s: float, steal_ratio: float | None = None) -> Noise:
    """Return what samples of all cores say together.

    Args:
        samples: one for each core, none of them empty.
        took_s: how long the calibration was.
        steal_ratio: what the host took meanwhile.
    """
    watched_us = sum(sample.watched_us for sample in samples)
    pauses_us = sorted((pause for sample in samples for pause in sample.pauses_us), reverse=True)
    pieces_us = [piece for sample in samples for piece in sample.pieces_us]
    late_us = sorted(late for sample in samples for late in sample.late_us)
    return Noise(
        took_s=took_s,
        cores=len(samples),
        longest_pause_us=max(pauses_us, default=0.0),
        pauses_per_s=sum(pause >= LONG_PAUSE_US for pause in pauses_us) / (watched_us / 1e6),
        paused_ratio=sum(pauses_us) / watched_us,
        p99_floor_us=floor_us(pauses_us, watched_us, 0.01),
        p99_9_floor_us=floor_us(pauses_us, watched_us, 0.001),
        speed_variation_ratio=pstdev(pieces_us) / fmean(pieces_us),
        late_p50_us=late_us[len(late_us) // 2],
        late_p99_us=late_us[len(late_us) * 99 // 100],
        steal_ratio=steal_ratio,
    )


def floor_us(pauses_us: Sequence[float], watched_us: float, share: float) -> float:
    """Return the wait that a share of all instants exceeds, because the core is paused then.

    Who comes x before the end of a pause waits for x. So the share of instants with a wait above x is the sum of what
    each pause is longer than x, by the whole time: a line between one length and the next, which is solved for x.

    Args:
        pauses_us: the longest first.
        watched_us: the whole time.
        share: from 0 to 1, such as 0.01 for the 99th percentile.
    """
    wanted_us, sum_us = share * watched_us, 0.0
    for count, (pause, shorter) in enumerate(pairwise([*pauses_us, 0.0]), start=1):
        sum_us += pause
        if sum_us - count * shorter >= wanted_us:
            return (sum_us - wanted_us) / count
    return 0.0
