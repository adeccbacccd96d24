"""Holding systems against what they are required to keep. Pure: documents and requirements in, findings out.

A figure of one run is held against its limit as it is. Of several runs, and beside a baseline, the interval of the
figure's ratio to the limit decides: all of it on one side, or it cannot be told. Intervals of one check are as wide as
Holm's method wants them, so that in at most one check of twenty is anything met or not met by chance.

Shares, figures that must be equal to something, and what is 0 have no such ratio: each run must keep the limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, geometric_mean

from rush_hour.core.intervals import interval_of
from rush_hour.judge.compare.conditions import left_out, notes, obstacles
from rush_hour.judge.compare.estimate import Estimate, of_limit
from rush_hour.judge.compare.look import look
from rush_hour.judge.compare.side import Named, Side, shared_blocks, side_of
from rush_hour.judge.compare.verdicts import levels
from rush_hour.judge.objective.evaluation import figure_of
from rush_hour.judge.objective.objective import Clause
from rush_hour.judge.remarks.document_trust import why_not
from rush_hour.judge.require.baseline import base_of, metric_of, shifted
from rush_hour.judge.require.finding import Check, Finding, State
from rush_hour.judge.require.requirements import Requirements
from rush_hour.results.document import Document, System
from rush_hour.results.run import Run
from rush_hour.units import format_count, join_names

REPEAT = "repeat both, with rush-hour bench --repeats 9"
ONE_START = (
    "One run of each: intervals beside the baseline are from how the seconds of those runs differ. How much starts "
    "differ is not in them; repeat (rush-hour bench --repeats 9) before you rely on it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A clause held against a system, before what is decided together is decided.

    Attributes:
        estimate: of the figure's ratio to its limit; None where nothing is left to be decided.
    """

    finding: Finding
    estimate: Estimate | None = None


def check(named: Named, requirements: Requirements, baseline: Named | None) -> Check:
    """Hold the systems of a document against what they are required to keep.

    Args:
        named: the document, and perhaps one of its systems.
        requirements: the clauses.
        baseline: what clauses with `baseline` compare with; None without one.
    """
    held: list[_Held] = []
    found: list[str] = []
    systems = _checked(named)
    for system in systems:
        side = side_of(named.document, system, " ".join(system.name.split()))
        base = base_of(named, system, baseline)
        clauses = [one for one in requirements.of(system.name) if not (one.is_of_baseline and base is system)]
        held += [_hold(clause, side, base) for clause in clauses]
        if not _says_nothing(side):
            found += left_out(side)
        if isinstance(base, Side) and any(clause.is_of_baseline for clause in clauses):
            found += _notes(systems, base, side)
    if any(one.estimate is not None and one.estimate.basis == "seconds" for one in held):
        found.append(ONE_START)
    return Check(findings=_decided(held), notes=list(dict.fromkeys(found)))


def _checked(named: Named) -> list[System]:
    """Return the systems that are checked: all that were to be measured, but of pairs not what was."""
    if named.system is not None:
        return named.systems()
    systems = [*named.document.systems, *_unmeasured(named.document)]
    bases = {one.base for one in systems}
    return [system for system in systems if system.name not in bases]


def _unmeasured(document: Document) -> Iterator[System]:
    """Yield the systems that a bench was to measure, and did not come to."""
    begun = set() if document.suite is None else document.suite.digests.keys()
    there = {system.name for system in document.systems}
    yield from (System(name=name, title=name, status="ok") for name in begun if name not in there)


def _notes(systems: Sequence[System], base: Side, side: Side) -> list[str]:
    """Return what is to be known of a comparison; what is said of a system that is checked too is not said again."""
    if _says_nothing(base) or _says_nothing(side) or obstacles(base, side):
        return []
    said = set(left_out(base)) if any(system is base.standing.system for system in systems) else set()
    return [note for note in notes(base, side) if note not in said]


def _decided(held: Sequence[_Held]) -> list[Finding]:
    """Return the findings, of which those that have an interval are decided together."""
    wanted = iter(levels([one.estimate.p for one in held if one.estimate is not None]))
    return [
        one.finding if one.estimate is None else _by_interval(one.finding, one.estimate, next(wanted)) for one in held
    ]


def _by_interval(finding: Finding, estimate: Estimate, level: float) -> Finding:
    ratio = estimate.interval(level)
    kept = {finding.clause.is_kept_by(end, 1.0) for end in (ratio.low, ratio.high)}
    if len(kept) == 1:
        return replace(finding, state="met" if kept.pop() else "not met", ratio=ratio)
    open_ = replace(finding, state="cannot tell", ratio=ratio)
    return replace(open_, reason=f"{open_.margin_text}{_advice(estimate, level)}")


def _advice(estimate: Estimate, level: float) -> str:
    """Return how many more repeats would tell, if that is known."""
    needed = estimate.repeats_needed(level, 0.0)
    if needed is None:
        return f"; {REPEAT}" if estimate.basis == "seconds" else ""
    more = needed - estimate.repeats
    return f"; about {format_count(more)} more repeats would tell" if more > 1 else "; one more repeat would tell"


def _hold(clause: Clause, side: Side, base: Side | System | str) -> _Held:
    known = _without_figures(clause, side)
    if known is not None:
        return _Held(finding=known)
    values = _values(clause, side.runs)
    finding = Finding(
        system=side.name, clause=clause, state="met", runs=len(values), value=_mean(values), spread=interval_of(values)
    )
    if clause.is_of_baseline:
        return _hold_beside(finding, values, side, base)
    finding = replace(finding, limit=clause.limit)
    if len(values) == 1 or _has_no_ratio(clause, values, [clause.limit]):
        return _Held(finding=_by_runs(finding, values, [clause.limit]))
    return _Held(finding=finding, estimate=of_limit(values, clause.limit))


def _without_figures(clause: Clause, side: Side) -> Finding | None:
    """Return why nothing can be said of a system's figure; None where something can."""
    state, reason = _standing(side)
    if not reason:
        state, reason = _lacking(clause, side)
    limit = None if clause.is_of_baseline else clause.limit
    return Finding(system=side.name, clause=clause, state=state, limit=limit, reason=reason) if reason else None


def _says_nothing(side: Side) -> bool:
    _state, reason = _standing(side)
    return bool(reason)


def _standing(side: Side) -> tuple[State, str]:
    match side.standing.finding:
        case "do not trust":
            why = why_not([side.standing.system])
            return "cannot tell", f"its figures cannot be trusted{f': {why}' if why else ''}"
        case "interrupted":
            return "cannot tell", "it was interrupted"
        case "failed" | "unavailable" as status:
            reason = (side.standing.system.reason or "").partition("\n")[0].rstrip(":.")
            return "no data", f"{status}: {reason}" if reason else status
        case "not measured":
            return "no data", "it was not measured"
    return "met", ""


def _lacking(clause: Clause, side: Side) -> tuple[State, str]:
    """Return what is lacking of a figure, or that there are too few answers for it."""
    figures = [figure_of(clause, run) for run in side.runs]
    lacks = next((figure.lacks for figure in figures if figure.value is None), "")
    if lacks:
        return "no data", lacks
    needed, least = clause.metric.answers_needed, min(figure.answers for figure in figures)
    if least < needed:
        return "cannot tell", f"it says little of {format_count(least)} good answers; {format_count(needed)} are needed"
    return "met", ""


def _hold_beside(finding: Finding, values: Sequence[float], side: Side, base: Side | System | str) -> _Held:
    """Hold a figure against that of the baseline."""
    if not isinstance(base, Side):
        reason = base if isinstance(base, str) else "it is the baseline itself"
        return _Held(finding=replace(finding, state="no data", reason=reason))
    clause = finding.clause
    missing = _without_figures(clause, base)
    if missing is not None:
        return _Held(finding=replace(finding, state=missing.state, reason=f"{base.name}: {missing.reason}"))
    if why := obstacles(base, side):
        return _Held(finding=replace(finding, state="cannot tell", reason=join_names(why)))
    before = _values(clause, base.runs)
    finding = replace(finding, limit=_mean(before) * clause.limit)
    limits = [figure * clause.limit for figure in before]
    if _has_no_ratio(clause, values, limits):
        return _Held(finding=_by_runs(finding, values, limits))
    seen = look(metric_of(clause), base, side)
    if seen.estimate is None:
        return _Held(finding=replace(finding, state="cannot tell", reason=f"{seen.reason}; {REPEAT}"))
    if seen.estimate.basis == "blocks":
        finding = _of_blocks(finding, base, side)
    return _Held(finding=finding, estimate=shifted(seen.estimate, clause.limit))


def _of_blocks(finding: Finding, base: Side, side: Side) -> Finding:
    """Return a finding with the figures of those blocks alone that the ratio is of: those that both have."""
    limits, values = (_values(finding.clause, runs) for runs in zip(*shared_blocks(base, side), strict=True))
    limit = _mean(limits) * finding.clause.limit
    return replace(finding, runs=len(values), value=_mean(values), spread=interval_of(values), limit=limit)


def _values(clause: Clause, runs: Sequence[Run]) -> list[float]:
    return [figure for run in runs if (figure := figure_of(clause, run).value) is not None]


def _has_no_ratio(clause: Clause, values: Sequence[float], limits: Sequence[float]) -> bool:
    return clause.metric.quantity == "share" or clause.operator == "=" or min(*values, *limits) <= 0


def _by_runs(finding: Finding, values: Sequence[float], limits: Sequence[float]) -> Finding:
    """Return what becomes of a figure that each run must keep, beside each run of a baseline."""
    kept = [all(finding.clause.is_kept_by(value, limit) for limit in limits) for value in values]
    if all(kept):
        return replace(finding, state="met")
    broken = [not any(finding.clause.is_kept_by(value, limit) for limit in limits) for value in values]
    if all(broken):
        return replace(finding, state="not met")
    what = f"{sum(kept)} of {len(kept)} runs keep it" if len(limits) == 1 else "some runs keep it, and some do not"
    return replace(finding, state="cannot tell", reason=what)


def _mean(values: Sequence[float]) -> float:
    """Return the mean of logarithms, as it is compared; of figures of which one is 0 the plain mean."""
    if len(values) == 1:
        return values[0]
    return geometric_mean(values) if min(values) > 0 else fmean(values)
