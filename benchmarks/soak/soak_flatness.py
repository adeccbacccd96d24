"""Flatness of memory and descriptors. Pure: samples in, complaints out.

The run is cut into thirds: the first warms up, the last is compared with the second. The supervisor is compared with
itself; workers, which come and go, with those that were as old. And workers are compared with younger ones of the same
run, so that what each request leaves behind shows although no worker grows old.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

JUDGED_FROM_S = 120.0  # shorter runs have too few samples of equal age
GROWTH_RATIO = 1.10
GROWTH_BYTES = 4 * 1024 * 1024  # the allocator's steps
DESCRIPTORS = 8  # the supervisor's for one worker more, which is there while another retires
AGE_STEP_S = 5.0
WARM_AGE_S = 10.0  # until it has answered everything once
AGE_GROWTH_BYTES = 16 * 1024 * 1024  # bodies of 5 MB that are there at the moment
SAMPLES = 3  # of an age, to be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One process at one moment.

    Attributes:
        at_s: seconds since the run began.
        age_s: seconds since the process did.
        is_supervisor: whether it is the supervisor, not a worker.
        pss_bytes: its share of memory.
        descriptors: how many it has open.
    """

    at_s: float
    age_s: float
    is_supervisor: bool
    pss_bytes: int
    descriptors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two medians of one quantity, and the most that the second may be."""

    what: str
    before: float
    after: float
    most: float

    @property
    def is_flat(self) -> bool:
        """Whether it has not grown."""
        return self.after <= self.most


def compare(samples: Sequence[Sample], duration_s: float) -> list[Comparison]:
    """Compare the last third of a run with the second; nothing for a run that is too short to tell."""
    if duration_s < JUDGED_FROM_S:
        return []
    second = [sample for sample in samples if duration_s / 3 <= sample.at_s < duration_s * 2 / 3]
    last = [sample for sample in samples if duration_s * 2 / 3 <= sample.at_s <= duration_s]
    supervisor = [[sample for sample in part if sample.is_supervisor] for part in (second, last)]
    workers = _of_equal_ages(*([sample for sample in part if not sample.is_supervisor] for part in (second, last)))
    found = []
    for whose, (before, after) in (("the supervisor's", supervisor), ("the workers'", workers)):
        if before and after:
            found += [_memory(f"{whose} memory", before, after), _descriptors(f"{whose} descriptors", before, after)]
    return found + _against_age([*second, *last])


def _memory(what: str, before: Iterable[Sample], after: Iterable[Sample]) -> Comparison:
    old, new = (median(sample.pss_bytes for sample in part) for part in (before, after))
    return Comparison(what=what, before=old, after=new, most=old * GROWTH_RATIO + GROWTH_BYTES)


def _descriptors(what: str, before: Iterable[Sample], after: Iterable[Sample]) -> Comparison:
    old, new = (median(sample.descriptors for sample in part) for part in (before, after))
    return Comparison(what=what, before=old, after=new, most=old * GROWTH_RATIO + DESCRIPTORS)


def _by_age(samples: Iterable[Sample]) -> dict[int, list[Sample]]:
    found: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[int(sample.age_s // AGE_STEP_S)].append(sample)
    return found


def _of_equal_ages(before: list[Sample], after: list[Sample]) -> list[list[Sample]]:
    """Leave as many of each age in both."""
    old, new = _by_age(before), _by_age(after)
    pair: list[list[Sample]] = [[], []]
    for age in old.keys() & new.keys():
        number = min(len(old[age]), len(new[age]))
        pair[0] += old[age][:number]
        pair[1] += new[age][:number]
    return pair


def _against_age(samples: Iterable[Sample]) -> list[Comparison]:
    """Compare the oldest workers with those that are just warm."""
    ages = _by_age(sample for sample in samples if not sample.is_supervisor and sample.age_s >= WARM_AGE_S)
    enough = sorted(age for age, found in ages.items() if len(found) >= SAMPLES)
    if len(enough) < 2:
        return []
    young, old = (median(sample.pss_bytes for sample in ages[age]) for age in (enough[0], enough[-1]))
    what = f"memory of workers {enough[-1] * AGE_STEP_S:.0f} s old, after {enough[0] * AGE_STEP_S:.0f} s"
    return [Comparison(what=what, before=young, after=old, most=young * GROWTH_RATIO + AGE_GROWTH_BYTES)]
