"""What a rate that is not held comes to: how much of it was answered well, and what became of the rest. Pure."""

from collections.abc import Sequence

from rush_hour.judge.answer.standing import Spread
from rush_hour.results.run import LoadResult, Run
from rush_hour.units import format_per_s, format_percent, join_names

NEAR_RATIO = 0.99  # of the requests due; from there on what is missing says more than what was answered
FAULTY_SHARE = 0.01  # of the requests due; fewer bad answers and failures are not what a system stops by
KINDS_NAMED = 2


def goodput_text(goodput: Spread) -> str:
    """Return good answers per second, over several runs with their range."""
    text = f"{format_per_s(goodput.median)}/s"
    if goodput.runs == 1:
        return text
    return f"{text} ({format_per_s(goodput.least)} to {format_per_s(goodput.most)}/s in {goodput.runs} runs)"


def verb_of(run: Run, goodput: str) -> str:
    """Return what a system does that does not hold.

    Args:
        run: its run of the median goodput.
        goodput: for reading.
    """
    result = run.result
    if result.responses_good == 0:
        return "answers nothing well"
    if result.good_ratio >= NEAR_RATIO:
        return f"misses {format_percent(1 - result.good_ratio)}"
    if run.plan.profile is not None:  # the mean of what it did at several rates is no rate that it stops at
        return f"answers {format_percent(result.good_ratio)} well"
    by_faults = result.responses_bad + result.requests_failed > result.unanswered_at_end
    return f"answers {goodput} well" if by_faults else f"stops at {goodput}"


def first_that_does_not_hold(run: Run) -> str:
    """Return the first of several phases whose requests were not all answered well, with its rate; empty without."""
    profile = run.plan.profile
    if profile is None or len(profile.phases) == 1:
        return ""
    phases = zip(profile.phases, run.result.phases, strict=False)  # of a run that was cut short not all
    return next((f"{phase.name} ({phase.offered})" for phase, figures in phases if not figures.holds), "")


def fault_of(run: Run) -> str:
    """Return what went wrong with answers or requests, the larger of the two; empty where that was next to nothing."""
    result = run.result
    if not _is_faulty(result):
        return ""
    if result.responses_bad >= result.requests_failed:
        return f"{format_percent(result.bad_ratio or 0)} of the answers were bad{_statuses(result)}"
    names = _most({name.removeprefix("generator:"): count for name, count in result.errors.items()})
    share = format_percent(result.requests_failed / result.requests_due)
    return f"{share} of the requests failed ({join_names(names)})"


def faults_of(runs: Sequence[Run]) -> str:
    """Return what went wrong in all of them: one thing, or the share of bad answers, or nothing that is common."""
    faults = {fault_of(run) for run in runs}
    if len(faults) == 1:
        return faults.pop()
    if any(run.result.responses_bad < run.result.requests_failed for run in runs):
        return ""
    shares = sorted(run.result.bad_ratio or 0.0 for run in runs)
    least, most = format_percent(shares[0]).removesuffix(" %"), format_percent(shares[-1])
    return f"{most if most == f'{least} %' else f'{least} to {most}'} of the answers were bad"


def _is_faulty(result: LoadResult) -> bool:
    if result.holds:
        return False
    faults = max(result.responses_bad, result.requests_failed)
    return faults > 0 and (result.good_ratio >= NEAR_RATIO or faults > FAULTY_SHARE * result.requests_due)


def _statuses(result: LoadResult) -> str:
    """Return the statuses of the bad answers, where it is known that these are the bad ones."""
    unwanted = {status: count for status, count in result.responses_by_status.items() if not status.startswith("2")}
    if not unwanted or sum(unwanted.values()) != result.responses_bad:
        return ""
    return f" (status {join_names(_most(unwanted))})"


def _most(counts: dict[str, int]) -> list[str]:
    names = sorted(counts, key=lambda name: -counts[name])
    return names if len(names) <= KINDS_NAMED else [*names[: KINDS_NAMED - 1], "others"]
