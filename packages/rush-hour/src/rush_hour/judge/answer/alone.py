"""The answer of one system, or of one URL. Pure: a standing in, a sentence out."""

from rush_hour.core.arrivals import Constant
from rush_hour.judge.answer.standing import Standing
from rush_hour.judge.answer.stopping import fault_of, first_that_does_not_hold, goodput_text, verb_of
from rush_hour.results.run import Run
from rush_hour.units import format_bound_us, format_count, format_per_s


def answer_alone(standing: Standing) -> str:
    """Return what one system did."""
    run = standing.run
    if run is None or standing.finding in {"failed", "unavailable", "do not trust"}:
        return _without_figures(standing)
    return f"{standing.name} {_with_figures(standing, run)}"


def _without_figures(standing: Standing) -> str:
    name = standing.name
    if standing.finding == "do not trust":
        return f"What {name} holds is not known: its figures cannot be trusted."
    verb = {"failed": "failed", "unavailable": "cannot run here"}.get(standing.finding, "was not measured")
    reason = (standing.system.reason or "").partition("\n")[0]
    return f"{name} {verb}: {reason}" if reason else f"{name} {verb}."


def _with_figures(standing: Standing, run: Run) -> str:
    if run.plan.rate_per_s is None:
        return _closed_loop(standing, run)
    match standing.finding:
        case "interrupted":
            return _interrupted(standing, run)
        case "holds":
            runs = f" in each of {len(standing.runs)} runs" if len(standing.runs) > 1 else ""
            return f"holds {offered(run)}{runs}{_bound(standing, ': {}.') or '.'}"
        case "holds at times":
            held = sum(run.result.holds for run in standing.runs)
            return f"holds {offered(run)} in {held} of {len(standing.runs)} runs only."
    return f"{_stops(standing, run)}."


def offered(run: Run, word: str = "") -> str:
    """Return the rate of a run that has one.

    Args:
        run: the run.
        word: what follows the rate.
    """
    plan = run.plan
    assert plan.rate_per_s is not None, "a closed loop has no rate"
    arrivals = "" if plan.arrivals == Constant.name else f" ({plan.arrivals.capitalize()} arrivals)"
    rate = f"{format_per_s(plan.rate_per_s)}/s" if plan.profile is None else plan.profile.offered
    return f"{rate}{word}{arrivals}"


def _closed_loop(standing: Standing, run: Run) -> str:
    good = goodput_text(standing.goodput_per_s)
    faults = fault_of(run)
    well = " well" if faults else ""
    connections = format_count(run.plan.connections)
    text = (
        f"answers {good}{well} on {connections} connection{'s' if run.plan.connections != 1 else ''} in a closed loop"
    )
    return text + (f"; {faults}." if faults else _bound(standing, "; {}.", "") or ".")


def _interrupted(standing: Standing, run: Run) -> str:
    measured = f"{run.result.elapsed_s:.1f} of {run.plan.duration_s:g} s"
    if run.result.holds:
        return f"held {offered(run)} for {measured}, until it was interrupted{_bound(standing, ': {}.') or '.'}"
    good = goodput_text(standing.goodput_per_s)
    fault = fault_of(run)
    text = f"answered {good} well of {offered(run, ' offered')} in {measured}, until it was interrupted"
    return f"{text}; {fault}." if fault else f"{text}."


def _stops(standing: Standing, run: Run) -> str:
    verb = verb_of(run, goodput_text(standing.goodput_per_s))
    text = f"{verb} of {offered(run, '' if verb.startswith('misses') else ' offered')}"
    if first := first_that_does_not_hold(run):
        text = f"{text}; the first phase that it does not hold is {first}"
    if fault := fault_of(run):
        return f"{text}; {fault}"
    limit = standing.limit
    if limit is None:
        return text
    return f"{text}: {limit.of_one}{f', {limit.detail}' if limit.detail else ''}"


def _bound(standing: Standing, form: str, of_due: str = " of when they were due") -> str:
    """Return within what time most answers came, in the place of `{}`; nothing without any good answer."""
    percentile = standing.highest_percentile()
    bound = None if percentile is None else standing.bound(percentile)
    if bound is None:
        return ""
    good = "good " if any(run.result.responses_bad for run in standing.runs) else ""
    share = f"all {good}answers" if bound.percentile == 100 else f"{bound.percentile:g} % of the {good}answers"
    return form.format(f"{share} within {format_bound_us(bound.latency_us)}{of_due}")
