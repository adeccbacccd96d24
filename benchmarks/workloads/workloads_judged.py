"""Whether a bench of an application went as it must: every answer good, and the named requests the whole. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.results.document import Document, System
from rush_hour.results.run import LoadResult, Run

COUNTS = ("sent", "good", "bad", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is found of a system.

    Attributes:
        system: its name.
        result: what was measured last; None if nothing was.
        problems: what is not as it must be in any of its runs, in sentences.
    """

    system: str
    result: LoadResult | None
    problems: Sequence[str]


def judge_document(document: Document) -> list[Judged]:
    """Judge each system of a bench."""
    return [judge_system(system) for system in document.systems]


def judge_system(system: System) -> Judged:
    """Judge a system."""
    if system.status != "ok" or not system.runs:
        reason = (system.reason or "no reason is given").splitlines()[0]
        return Judged(system=system.name, result=None, problems=[f"{system.status}: {reason}"])
    results = [run.result for run in system.runs]
    problems = [problem for run in system.runs for problem in (*_wrong(run), *_missing(run.result))]
    return Judged(system=system.name, result=results[-1], problems=problems)


def _wrong(run: Run) -> list[str]:
    """Return what was not good; of a run that cannot be trusted some may be left for after its end."""
    problems: list[str] = []
    result = run.result
    left = 0 if run.verdict.trusted else result.unanswered_at_end
    if result.responses_good + left != result.requests_due:
        problems.append(f"of {result.requests_due:,} requests due, {result.responses_good:,} had good answers")
    problems += [f"{count:,} failed: {error}" for error, count in result.errors.items()]
    if result.unanswered_at_end > left:
        problems.append(f"{result.unanswered_at_end:,} were not answered")
    if result.first_bad is not None:
        problems.append(f"the first bad answer, to {result.first_bad.request}: {result.first_bad.what}")
    return problems


def _missing(result: LoadResult) -> list[str]:
    """Return where the named requests are not the whole."""
    whole = {
        "sent": result.requests_sent,
        "good": result.responses_good,
        "bad": result.responses_bad,
        "failed": sum(result.errors.values()),
    }
    problems: list[str] = []
    for name in COUNTS:
        counted = sum(getattr(request, name) for request in result.requests)
        if counted != whole[name]:
            problems.append(f"{name}: the named requests are {counted:,} together, and the whole is {whole[name]:,}")
    problems += [f"{request.name}: none was sent" for request in result.requests if not request.sent]
    return problems
