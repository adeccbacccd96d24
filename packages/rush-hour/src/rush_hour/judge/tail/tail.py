"""Why p99 is high: what is known of a run's tail, as a list of sentences, and no more than is known.

First what was there all along, then what moved in the seconds in which p99 rose: that it moved in the same seconds is
said, never that it was the cause. A run without anything to say has an empty list.

Pure: any run in, of any age and however much of it is missing; findings out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rush_hour.judge.tail.seconds import Second, seconds_of, split, usual_p99_us
from rush_hour.judge.tail.signs.sign import Facts, Sign, facts_of
from rush_hour.judge.tail.signs.table import SIGNS
from rush_hour.judge.tail.whole_run import Condition, conditions_of, other_load
from rush_hour.results.resources import Role
from rush_hour.results.run import Run
from rush_hour.units import format_duration_us

COVERED_RATIO = 1 / 3  # of the slow seconds, in which a sign must be seen: there may be several causes
COMMON_RATIO = 0.1  # of the other seconds, in which it may be seen too; what is there anyway explains nothing
NAMED_SECONDS = 4  # that a sentence names; of more it gives the number


@dataclass(frozen=True, slots=True, kw_only=True)
class TailFinding:
    """One thing that is known of a run's tail.

    Attributes:
        code: a name that stays, such as `database-locks`.
        role: where it was seen; None where it is nobody's own.
        sentence: what is known, with its full stop.
        seconds: the ends of the seconds concerned, since the start of the run; none for the whole run.
    """

    code: str
    role: Role | None
    sentence: str
    seconds: tuple[float, ...] = ()


def explain_tail(run: Run, *, cores: int | None) -> list[TailFinding]:
    """Return what is known of why latencies of a run are high; nothing where there is nothing to say.

    Args:
        run: of any document.
        cores: of the machine of the servers; None where that is not known.
    """
    seconds = seconds_of(run)
    slow, usual = split(seconds)
    facts = facts_of(run, usual, cores)
    whole = [_of_whole_run(condition) for condition in conditions_of(run, seconds, facts)]
    known = {(finding.code, finding.role) for finding in whole}
    moved = _moved(slow, usual, facts, len(seconds)) if slow else []
    findings = whole + [finding for finding in moved if (finding.code, finding.role) not in known]
    caveat = other_load(run)
    return findings if caveat is None or not findings else [*findings, _of_whole_run(caveat)]


def _moved(slow: Sequence[Second], usual: Sequence[Second], facts: Facts, seconds_total: int) -> list[TailFinding]:
    """Return what moved in the slow seconds; that nothing did where nothing did."""
    rise = _Rise(usual_us=usual_p99_us(usual), seconds_total=seconds_total)
    signs = _without_hidden(_seen(slow, usual, facts))
    if not signs and facts.usual_offered_per_s is not None:
        return []  # the rate changes: that some seconds are slower than others is nothing to wonder at
    if not signs:
        nothing = rise.sentence(slow, "nothing else that was watched moved")
        return [TailFinding(code="slow-seconds", role=None, sentence=nothing, seconds=_ends(slow))]
    return [
        TailFinding(
            code=sign.code, role=sign.role, sentence=rise.sentence(among, sign.says(among, facts)), seconds=_ends(among)
        )
        for sign, among in signs
    ]


def _of_whole_run(condition: Condition) -> TailFinding:
    return TailFinding(code=condition.code, role=condition.role, sentence=_capitalised(f"{condition.says}."))


def _seen(slow: Sequence[Second], usual: Sequence[Second], facts: Facts) -> list[tuple[Sign, list[Second]]]:
    """Return the signs that were seen in the slow seconds and hardly in the others, with the slow ones they were in."""
    seen: list[tuple[Sign, list[Second]]] = []
    for sign in SIGNS:
        among = [second for second in slow if sign.is_in(second, facts)]
        if not among or len(among) < COVERED_RATIO * len(slow):
            continue
        if sum(sign.is_in(second, facts) for second in usual) <= COMMON_RATIO * len(usual):
            seen.append((sign, among))
    return seen


def _without_hidden(seen: Iterable[tuple[Sign, list[Second]]]) -> list[tuple[Sign, list[Second]]]:
    """Leave out what another sign says already."""
    kept: list[tuple[Sign, list[Second]]] = []
    hidden: set[str] = set()
    for sign, among in seen:
        if sign.code not in hidden:
            kept.append((sign, among))
            hidden |= sign.hides
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rise:
    """What p99 rose from, for sentences."""

    usual_us: float
    seconds_total: int

    def sentence(self, among: Sequence[Second], clause: str) -> str:
        highest_us = max((second.row.p99_us or 0 for second in among), default=0)
        rose = "No good answer came"
        if highest_us:
            rose = f"p99 rose to {format_duration_us(highest_us)} (otherwise {format_duration_us(self.usual_us)})"
        return f"{rose} {self._when(among)}; in the same time {clause}."

    def _when(self, among: Sequence[Second]) -> str:
        if len(among) > NAMED_SECONDS:
            return f"in {len(among):,} of {self.seconds_total:,} seconds"
        *others, last = (f"{second.row.at_s:.0f}" for second in among)
        return f"in seconds {', '.join(others)} and {last}" if others else f"in second {last}"


def _ends(seconds: Iterable[Second]) -> tuple[float, ...]:
    return tuple(second.row.at_s for second in seconds)


def _capitalised(sentence: str) -> str:
    return sentence if sentence.startswith("p99") else sentence[:1].upper() + sentence[1:]
