"""What a measurement found, as the document has it: the rate, its interval, what gave first, what speaks against it."""

from collections.abc import Sequence

from rush_hour.judge.search.gave_first import gave_first
from rush_hour.judge.search.posterior import Interval
from rush_hour.judge.search.search import Search
from rush_hour.judge.search.shape import Drift, find_cliff, find_drift
from rush_hour.results.capacity import Capacity, CliffFacts, DriftFacts, GaveFirst
from rush_hour.results.run import Doubt, Run
from rush_hour.rig.capacity.measurement import Measurement
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget
from rush_hour.units import format_count, format_per_s

DOUBTFUL = ("other-load", "body-changes")  # what makes a miss say nothing of the server, and no verdict has seen
DOUBTFUL_SHARE = 1 / 3  # of the runs near the capacity
NEAR_RATIO = 1.25  # beyond the ends of the interval
DIGITS = 3


def capacity_of(measurement: Measurement, target: CapacityTarget, settings: CapacitySettings) -> Capacity:
    """Return what was found."""
    search = measurement.search
    drift = None if search is None else find_drift(search.tried, search.guess_per_s, settings.search.step_s)
    stated = None if search is None else _stated(search, drift)
    is_at_least = search is not None and stated is not None and _is_at_least(search)
    cliff = None if search is None else find_cliff(search.tried)
    goodputs = [run.result.goodput_per_s for run in measurement.runs]
    return Capacity(
        objective=settings.objective.text,
        ending=measurement.ending,
        rate_per_s=None if stated is None else _rounded(stated.median_per_s),
        low_per_s=None if stated is None else _rounded(stated.low_per_s),
        high_per_s=None if stated is None or is_at_least else _rounded(stated.high_per_s),
        at_least=is_at_least,
        ceiling=search.reached_ceiling if search is not None and is_at_least else None,
        confirmed_per_s=None if search is None else search.confirmed_per_s,
        lowest_per_s=None if search is None else min((one.order.rate_per_s for one in search.tried), default=None),
        saturation_per_s=max(goodputs, default=None),
        gave_first=None if search is None else _gave_first(measurement, target, settings),
        precision=settings.search.precision,
        step_s=settings.search.step_s,
        confirm_s=settings.search.confirm_s,
        budget_s=settings.budget_s,
        took_s=round(measurement.took_s, DIGITS),
        connections=measurement.connections,
        steps=measurement.steps,
        cliff=None
        if cliff is None
        else CliffFacts(
            rate_per_s=cliff.rate_per_s,
            goodput_per_s=_rounded(cliff.goodput_per_s),
            best_per_s=_rounded(cliff.best_per_s),
        ),
        drift=None if drift is None else _drift_facts(measurement, drift),
        doubts=list(_doubts(measurement, drift, stated)),
        notes=_notes(measurement, settings),
    )


def _rounded(rate_per_s: float) -> float:
    return round(rate_per_s, DIGITS)


def _stated(search: Search, drift: Drift | None) -> Interval | None:
    """Return the capacity with its interval, after a change that of later verdicts; None where nothing holds."""
    best = search.best_met_per_s
    if best is None:
        return None
    if _is_at_least(search):
        rate_per_s = search.confirmed_per_s or best
        return Interval(low_per_s=rate_per_s, median_per_s=rate_per_s, high_per_s=float("inf"))
    if drift is None:
        return search.interval()
    confirmed, after = search.confirmed_per_s, drift.after
    is_inside = confirmed is not None and after.low_per_s <= confirmed <= after.high_per_s
    stated = confirmed if confirmed is not None and is_inside else after.median_per_s
    return Interval(low_per_s=after.low_per_s, median_per_s=stated, high_per_s=after.high_per_s)


def _is_at_least(search: Search) -> bool:
    return search.ending == "at least" or not any(one.is_met is False for one in search.tried)


def _missed(measurement: Measurement) -> list[Run]:
    """Return the runs that missed the objective, the lowest rate first."""
    missed = [measurement.runs[step.run] for step in measurement.steps if step.verdict == "not met"]
    of_rates = [run for run in missed if run.plan.rate_per_s is not None]
    return sorted(of_rates, key=lambda run: run.plan.rate_per_s or 0.0)


def _gave_first(measurement: Measurement, target: CapacityTarget, settings: CapacitySettings) -> GaveFirst | None:
    return gave_first(
        _missed(measurement),
        cores=target.cores,
        server_cores=target.server_cores,
        most_connections=settings.most_connections,
    )


def _drift_facts(measurement: Measurement, drift: Drift) -> DriftFacts:
    return DriftFacts(
        step=measurement.steps_of_tried[drift.at],
        before_per_s=_rounded(drift.before.median_per_s),
        after_per_s=_rounded(drift.after.median_per_s),
    )


def _doubts(measurement: Measurement, drift: Drift | None, stated: Interval | None) -> Sequence[Doubt]:
    doubts: list[Doubt] = []
    if drift is not None:
        before, after = (f"{format_per_s(side.median_per_s)}/s" for side in (drift.before, drift.after))
        doubts.append(
            Doubt(
                code="drift",
                message=f"the capacity changed while it was searched for: about {before} at first, {after} later.",
                hint="Measure again. A server that warms up needs a longer --warmup; one that grows slower has a leak, "
                "or something else used its machine.",
            )
        )
    near = [run for run in measurement.runs if _is_near(run, stated)]
    for code in DOUBTFUL:
        said = [doubt for run in near for doubt in run.verdict.warnings if doubt.code == code]
        if said and len(said) >= DOUBTFUL_SHARE * len(near):
            doubts.append(said[-1])
    return doubts


def _is_near(run: Run, stated: Interval | None) -> bool:
    """Whether a run is one of those that the capacity was known by."""
    offered = run.plan.rate_per_s
    if offered is None or stated is None:
        return offered is not None
    return stated.low_per_s / NEAR_RATIO <= offered <= stated.high_per_s * NEAR_RATIO


def _notes(measurement: Measurement, settings: CapacitySettings) -> list[str]:
    notes: list[str] = []
    most = max((run.plan.connections for run in measurement.runs), default=settings.connections)
    if most > settings.connections:
        few, many = format_count(settings.connections), format_count(most)
        notes.append(
            f"connections were raised from {few} to {many}: as many requests are on their way at once as come in the "
            "time of an answer (Little's law), with room."
        )
    if measurement.ending == "budget":
        notes.append(
            f"the budget of {settings.budget_s:g} s was used up before all was known as well as was asked: "
            "a larger --budget makes the interval narrower."
        )
    if measurement.ending == "steps":
        notes.append("the search ended after as many runs as it may have: verdicts contradict each other.")
    search = measurement.search
    if search is not None and settings.search.confirm_s and search.best_met_per_s and search.confirmed_per_s is None:
        notes.append(f"no run of {settings.search.confirm_s:g} s at the answer has confirmed it.")
    return notes + measurement.notes
