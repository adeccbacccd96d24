"""The answer of several systems: who holds, who stops where, what is not known. Pure: standings in, sentences out."""

from collections.abc import Sequence

from rush_hour.judge.answer.alone import offered
from rush_hour.judge.answer.standing import Finding, Standing
from rush_hour.judge.answer.stopping import fault_of, faults_of, goodput_text, verb_of
from rush_hour.results.run import Run
from rush_hour.units import format_bound_us, format_count, format_per_s, join_names

NAMED = 3  # more systems than that on one side are counted

# What those do that say nothing of a rate, one or several.
_REST: dict[Finding, tuple[str, str]] = {
    "do not trust": ("cannot be trusted", "cannot be trusted"),
    "interrupted": ("was interrupted", "were interrupted"),
    "not measured": ("was not measured", "were not measured"),
    "failed": ("failed", "failed"),
    "unavailable": ("cannot run here", "cannot run here"),
}


def answer_together(standings: Sequence[Standing]) -> str:
    """Return what several systems did, in one sentence, and in a second one what was not found out."""
    holding, at_times = _of(standings, "holds"), _of(standings, "holds at times")
    stopping, looping = _of(standings, "does not hold"), _of(standings, "closed loop")
    clauses = [
        *([_holding(holding, len(standings))] if holding else []),
        *(_at_times(standing) for standing in at_times),
        *([_stopping(stopping, _rates([*holding, *at_times]))] if stopping else []),
        *([_looping(looping)] if looping else []),
    ]
    sentences = ("; ".join(clauses), _rest(standings))
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _of(standings: Sequence[Standing], finding: Finding) -> list[Standing]:
    return [standing for standing in standings if standing.finding == finding]


def _run(standing: Standing) -> Run:
    assert standing.run is not None, "what says something of a rate has runs"
    return standing.run


def _rates(standings: Sequence[Standing]) -> set[str]:
    return {offered(_run(standing)) for standing in standings}


def _rate(standings: Sequence[Standing]) -> str:
    rates = _rates(standings)
    return rates.pop() if len(rates) == 1 else "what was offered"


def _holding(standings: Sequence[Standing], total: int) -> str:
    if len(standings) <= NAMED and len(_rates(standings)) > 1:
        return "; ".join(_holding([standing], total) for standing in standings)
    percentiles = [standing.highest_percentile() for standing in standings]
    ordered = sorted(standings, key=lambda one: (_latency_us(one, percentiles), one.name))
    names = [one.name for one in ordered]
    if len(names) <= NAMED:
        subject = f"{join_names(names)} {'holds' if len(names) == 1 else 'hold'}"
    else:
        subject = f"{f'All {total}' if len(names) == total else f'{len(names)} of {total}'} systems hold"
    return f"{subject} {_rate(standings)}{_within(ordered, percentiles)}"


def _latency_us(standing: Standing, percentiles: Sequence[float | None]) -> float:
    """Return what a system's latencies kept within at the highest percentile that all of them have."""
    bound = standing.bound(_common(percentiles))
    return 0.0 if bound is None else bound.latency_us


def _common(percentiles: Sequence[float | None]) -> float:
    known = [percentile for percentile in percentiles if percentile is not None]
    return 100.0 if 100.0 in known else min(known, default=100.0)


def _within(ordered: Sequence[Standing], percentiles: Sequence[float | None]) -> str:
    """Return within what time the answers of each came, or of the best and the worst; nothing unless all have some."""
    if None in percentiles:
        return ""
    percentile = _common(percentiles)
    within = [format_bound_us(_latency_us(one, percentiles)) for one in ordered]
    share = "all answers" if percentile == 100 else f"{percentile:g} %"
    if len(ordered) <= NAMED:
        return f" with {share} within {join_names(within)}"
    return f" with {share} within {within[0]} ({ordered[0].name}) to {within[-1]} ({ordered[-1].name})"


def _at_times(standing: Standing) -> str:
    held = sum(run.result.holds for run in standing.runs)
    return f"{standing.name} holds {_rate([standing])} in {held} of {len(standing.runs)} runs only"


def _stopping(standings: Sequence[Standing], told: set[str]) -> str:
    """Return at how much those stop that do not hold, each by its name, or as many.

    Args:
        standings: of those.
        told: the rates of which others were said to hold them.
    """
    ordered = sorted(standings, key=lambda one: -one.goodput_per_s.median)
    if len(ordered) > NAMED:
        return _many_stopping(ordered, are_others=bool(told))
    parts = [(_verb(one, told), _why_of_one(one)) for one in ordered]
    if len({why for _, why in parts}) > 1 or len(_rates(ordered)) > 1:
        return "; ".join(
            f"{verb}{_offer([one], told)}{_after(why)}" for one, (verb, why) in zip(ordered, parts, strict=True)
        )
    verbs = [verb for verb, _ in parts]
    return f"{join_names(verbs)}{_offer(ordered, told)}{_after(_why_of_several(ordered))}"


def _verb(standing: Standing, told: set[str]) -> str:
    verb = verb_of(_run(standing), goodput_text(standing.goodput_per_s))
    is_share = verb.startswith("misses") and not _offer([standing], told)
    return f"{standing.name} {verb}{' of it' if is_share else ''}"


def _offer(standings: Sequence[Standing], told: set[str]) -> str:
    """Return what was offered, unless it was told before."""
    return "" if _rates(standings) == told else f" of {_rate(standings)} offered"


def _many_stopping(ordered: Sequence[Standing], *, are_others: bool) -> str:
    best, worst = ordered[0], ordered[-1]
    highest, lowest = (format_per_s(one.goodput_per_s.median) for one in (best, worst))
    has_profile = any(_run(one).plan.profile is not None for one in ordered)
    do = "answer" if has_profile or any(fault_of(_run(one)) for one in ordered) else "stop at"
    well = " well" if do == "answer" else ""
    why = _after(_why_of_several(ordered))
    if are_others:
        span = f"{highest}/s" if highest == lowest else f"{lowest} to {highest}/s"
        return f"{len(ordered)} others {do} {span}{well}{why}"
    subject = f"None of {len(ordered)} systems holds {_rate(ordered)}: they {do}"
    return f"{subject} {lowest}/s ({worst.name}) to {highest}/s ({best.name}){well}{why.replace(':', ';', 1)}"


def _why_of_one(standing: Standing) -> str:
    if fault := fault_of(_run(standing)):
        return fault
    limit = standing.limit
    return "" if limit is None else limit.of_one


def _why_of_several(standings: Sequence[Standing]) -> str:
    """Return what all of them stop by; empty where that is not one thing."""
    if len(standings) == 1:
        return _why_of_one(standings[0])
    runs = [_run(standing) for standing in standings]
    if all(fault_of(run) for run in runs):
        return faults_of(runs)
    limits = [standing.limit for standing in standings]
    first = limits[0]
    is_common = first is not None and all(limit is not None and limit.code == first.code for limit in limits)
    return first.of_several if first is not None and is_common and not any(map(fault_of, runs)) else ""


def _after(why: str) -> str:
    return f": {why}" if why else ""


def _looping(standings: Sequence[Standing]) -> str:
    ordered = sorted(standings, key=lambda one: -one.goodput_per_s.median)
    well = " well" if any(fault_of(_run(one)) for one in ordered) else ""
    connections = {format_count(_run(one).plan.connections) for one in ordered}
    on = f" on {connections.pop()} connections" if len(connections) == 1 else ""
    if len(ordered) <= NAMED:
        figures = [f"{one.name} answers {goodput_text(one.goodput_per_s)}{well}" for one in ordered]
        return f"{join_names(figures)}{on} in a closed loop"
    best, worst = ordered[0], ordered[-1]
    lowest, highest = (format_per_s(one.goodput_per_s.median) for one in (worst, best))
    span = f"{lowest}/s ({worst.name}) to {highest}/s ({best.name})"
    return f"{len(ordered)} systems answer {span}{well}{on} in a closed loop"


def _rest(standings: Sequence[Standing]) -> str:
    """Return what is not known, and of whom."""
    clauses: list[str] = []
    for finding, (of_one, of_several) in _REST.items():
        names = [standing.name for standing in _of(standings, finding)]
        if not names:
            continue
        subject = join_names(names) if len(names) <= NAMED else f"{len(names)} systems"
        figures = "the figures of " if finding == "do not trust" else ""
        clauses.append(f"{figures}{subject} {of_one if len(names) == 1 else of_several}")
    text = "; ".join(clauses)
    return text.replace("the figures", "The figures", 1) if text.startswith("the figures") else text
