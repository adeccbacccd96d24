"""Runs that went wrong, made by hand, and what is said of them."""

from dataclasses import replace

from rush_hour.judge.explain.explain import explain
from rush_hour.judge.explain.facts import LogPiece, Surroundings
from rush_hour.results.evidence import ExplainedError, LogLine
from rush_hour.results.resources import Role
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


def piece(role: Role, *lines: str, program: str = "gunicorn") -> LogPiece:
    """Return a log of these lines; the first one is the hundred-first of the file."""
    numbered = [LogLine(number=number, text=text) for number, text in enumerate(lines, start=101)]
    return LogPiece(role=role, program=program, name=f"{role}.log", lines=numbered)


def explained(
    plan: PlanFacts,
    result: LoadResult,
    *logs: LogPiece,
    bad: dict[str, int] | None = None,
    errors: dict[str, int] | None = None,
    **surroundings: object,
) -> list[ExplainedError]:
    """Return what explains a run with these bad answers, by status, and these failures.

    Args:
        plan, result: those of a run without faults.
        logs: of its parts.
        bad: its bad answers.
        errors: its failures.
        surroundings: fields of `Surroundings`.
    """
    result = replace(result, responses_bad_by_status=bad or {}, errors=errors or {})
    run = Run(plan=plan, result=result, verdict=Verdict(trusted=True))
    around = Surroundings(server_program="gunicorn", logs=list(logs), memory_kills=[])
    return explain(run, replace(around, **surroundings))  # type: ignore[arg-type]  # its own fields


def requests_by_code(errors: list[ExplainedError]) -> dict[str, int | None]:
    """Return how many requests each code accounts for."""
    assert len({error.code for error in errors}) == len(errors)
    return {error.code: error.requests for error in errors}
