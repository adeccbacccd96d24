"""Recovery: how long after its rate fell a run's latencies were back to what they had been before it rose.

What is looked at are the seconds of the timeline, so that is how exact it is: an answer counts in the second in which
it came. A second is back when its p99 is not above a bound made of the seconds before, and it has no more bad answers
and failures than those; one second that is back by chance, between others that are not, is not enough.

Nothing is claimed that was not seen: where the rate was never as low before, or only while latencies were not back from
an earlier peak, there is nothing to be back to. A second at the end in which nothing came is none that is back.

Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Literal

from rush_hour.core.figures import TimelineRow
from rush_hour.core.profile.curve import mean_between
from rush_hour.core.profile.profile import LoadProfile, Phase
from rush_hour.core.seconds import silent_seconds, whole_seconds
from rush_hour.results.run import FAULTY_RATIO, Run
from rush_hour.units import format_duration_us

Outcome = Literal["recovered", "not-recovered", "unaffected", "unknown"]

SAME_RATE_RATIO = 1.05  # up to here a rate is as low as another
BACK_RATIO = 1.5  # of the usual p99, that is still back
BACK_US = 20_000  # above it, that a busy machine's scheduler alone makes
SHORTEST_S = 0.5  # a shorter second says nothing
EDGE_S = 0.05  # by which a second may begin late


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What became of the latencies after one fall of the rate.

    Attributes:
        phase: after whose end.
        at_s: when that was, since the start.
        took_s: within how many whole seconds they were back; None unless they were.
        watched_s: for how long it could be seen: until the rate rose again, or the run was over.
        usual_us: the p99 of a second at so low a rate that no earlier peak had disturbed, the middle one; None without.
        worst_us: the highest p99 of a second from then on; None without any good answer.
    """

    phase: str
    at_s: float
    outcome: Outcome
    took_s: int | None = None
    watched_s: float = 0.0
    usual_us: float | None = None
    worst_us: float | None = None

    @property
    def sentence(self) -> str:
        """The same for reading."""
        after = f"after the phase {self.phase!r}, which ended at {self.at_s:g} s, latencies"
        if self.usual_us is None:
            return (
                f"{after} have nothing to be compared with: no second before had so low a rate, and no peak behind it."
            )
        usual = format_duration_us(self.usual_us)
        if self.outcome == "unaffected":
            return f"{after} were what they had been: no second of it was slow either, with a p99 of {usual} before it."
        worst = "more than can be told" if self.worst_us is None else format_duration_us(self.worst_us)
        seen = f"p99 of a second was {usual} before it, and up to {worst} since"
        if self.outcome == "recovered":
            return f"{after} were back within {self.took_s} s (seconds are told apart): {seen}."
        return f"{after} were not back in the {self.watched_s:.0f} s that were left: {seen}."


@dataclass(frozen=True, slots=True)
class _Second:
    """A second that was not cut short, and what was offered in it."""

    begin_s: float
    row: TimelineRow
    offered_per_s: float

    @property
    def faulty_ratio(self) -> float:
        """The share of what was answered badly or failed."""
        faulty = self.row.bad + self.row.failed
        return faulty / (self.row.good + faulty) if faulty else 0.0

    def is_in(self, spans_s: Sequence[tuple[float, float]]) -> bool:
        """Whether a part of it lies in one of several spans of time."""
        return any(self.begin_s < end_s and self.row.at_s > begin_s + EDGE_S for begin_s, end_s in spans_s)


@dataclass(frozen=True, slots=True)
class _Fall:
    """An instant at which the rate has fallen, and to what; until when it stays as low."""

    phase: str
    at_s: float
    rate_per_s: float
    until_s: float


def recoveries_of(run: Run) -> list[Recovery]:
    """Return what became of latencies after each fall of the rate that the run has seen; none without a profile."""
    profile = run.plan.profile
    if profile is None:
        return []
    end_s = min(profile.duration_s, run.result.elapsed_s)
    seconds = list(_seconds(profile, run.result.timeline, end_s))
    found: list[Recovery] = []
    disturbed_s: list[tuple[float, float]] = []
    for fall in _falls(profile):
        watched_s = min(fall.until_s, end_s) - fall.at_s
        if watched_s < 1.0:
            continue
        recovery = _recovery(fall, watched_s, seconds, disturbed_s)
        if recovery.outcome != "unaffected":
            took_s = watched_s if recovery.took_s is None else recovery.took_s
            disturbed_s.append((fall.at_s, fall.at_s + took_s))
        found.append(recovery)
    return found


def _seconds(profile: LoadProfile, rows: Sequence[TimelineRow], end_s: float) -> Iterator[_Second]:
    for begin_s, row in whole_seconds([*rows, *silent_seconds(rows, end_s)], SHORTEST_S):
        if row.at_s <= end_s + EDGE_S:
            yield _Second(begin_s, row, mean_between(profile, begin_s, row.at_s))


def _falls(profile: LoadProfile) -> Iterator[_Fall]:
    """Yield each fall: between two phases, or at the end of one whose rate falls all the time."""
    phases, ends_s = profile.phases, [end_ns / 1e9 for end_ns in profile.ends_ns]
    for number, (phase, follower) in enumerate(pairwise(phases)):
        goes_on = follower.from_per_s == phase.to_per_s and _falls_itself(follower)
        is_fall = follower.from_per_s < phase.to_per_s or (_falls_itself(phase) and not goes_on)
        rate_per_s = min(phase.to_per_s, follower.from_per_s)
        if is_fall and rate_per_s > 0:
            until_s = ends_s[number]
            for later, end_s in zip(phases[number + 1 :], ends_s[number + 1 :], strict=True):
                if max(later.from_per_s, later.to_per_s) > SAME_RATE_RATIO * rate_per_s:
                    break
                until_s = end_s
            yield _Fall(phase.name, ends_s[number], rate_per_s, until_s)


def _falls_itself(phase: Phase) -> bool:
    return phase.to_per_s < phase.from_per_s


def _recovery(
    fall: _Fall, watched_s: float, seconds: Sequence[_Second], disturbed_s: Sequence[tuple[float, float]]
) -> Recovery:
    limit_per_s = SAME_RATE_RATIO * fall.rate_per_s
    before = [second for second in seconds if second.row.at_s <= fall.at_s + EDGE_S]
    while before and before[-1].offered_per_s > limit_per_s:
        before.pop()
    usual = [one for one in before if one.offered_per_s <= limit_per_s and not one.is_in(disturbed_s)]
    p99s_us = [one.row.p99_us for one in usual if one.row.p99_us is not None]
    if not p99s_us:
        return Recovery(phase=fall.phase, at_s=fall.at_s, outcome="unknown", watched_s=watched_s)
    usual_us = median(p99s_us)
    bound_us = max(BACK_RATIO * usual_us, usual_us + BACK_US)
    faulty_ratio = max(second.faulty_ratio for second in usual) + FAULTY_RATIO
    rose_at_s, until_s = before[-1].row.at_s - EDGE_S, fall.at_s + watched_s + EDGE_S
    since = [second for second in seconds if second.begin_s >= rose_at_s and second.row.at_s <= until_s]
    is_back = [_is_back(second, bound_us, faulty_ratio) for second in since]
    took_s = None if all(is_back) else _took_s(fall.at_s, since, is_back)
    return Recovery(
        phase=fall.phase,
        at_s=fall.at_s,
        outcome="unaffected" if all(is_back) else "not-recovered" if took_s is None else "recovered",
        took_s=took_s,
        watched_s=watched_s,
        usual_us=usual_us,
        worst_us=max((second.row.p99_us for second in since if second.row.p99_us is not None), default=None),
    )


def _is_back(second: _Second, bound_us: float, faulty_ratio: float) -> bool:
    if second.row.p99_us is None:
        return second.offered_per_s < 1.0 and not second.row.failed
    return second.row.p99_us <= bound_us and second.faulty_ratio <= faulty_ratio


def _took_s(at_s: float, seconds: Sequence[_Second], is_back: Sequence[bool]) -> int | None:
    """Return within how many seconds of an instant one began that was back, and whose next one was."""
    followers = [*is_back[1:], True]
    for second, one, follower in zip(seconds, is_back, followers, strict=True):
        if second.begin_s >= at_s - EDGE_S and one and follower:
            return max(1, ceil(second.begin_s - at_s - EDGE_S))
    return None
