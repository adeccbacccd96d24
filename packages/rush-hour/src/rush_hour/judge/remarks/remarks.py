"""Remarks: doubts, explained errors, notes and reasons of many systems, each said once with the systems it is about.

Remarks of one kind whose texts differ in their quantities alone become one, with the span of each quantity: "5,513 of
20,000 requests due were sent" and "17,940 of ..." are "5,513-17,940 of 20,000 requests due were sent".

Pure: systems in, remarks out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rush_hour.judge.recovery import Outcome, recoveries_of
from rush_hour.judge.remarks.quantities import merged, without_quantities
from rush_hour.judge.steady import steadiness_of
from rush_hour.judge.tail.tail import explain_tail
from rush_hour.results.document import System
from rush_hour.results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to know.

    Attributes:
        systems: the names of those it is about, in their order.
        is_of_all: whether that is every system with a run; never of one system alone.
        code: of a doubt or explained error; empty for others.
        message: what was seen, in one or more sentences.
        hint: what to do; empty where nothing is known.
    """

    systems: tuple[str, ...]
    is_of_all: bool
    code: str
    message: str
    hint: str = ""

    @property
    def about(self) -> str:
        """The systems, for reading: `all`, or their names."""
        return "all" if self.is_of_all else ", ".join(self.systems)


@dataclass(frozen=True, slots=True)
class _Said:
    system: str
    code: str
    message: str
    hint: str = ""


def of_runs(systems: Sequence[System], said: Callable[[Run], Iterable[tuple[str, str, str]]]) -> list[Remark]:
    """Return what is to be said of runs, each kind once.

    Args:
        systems: with their runs.
        said: returns code, message and hint of each thing to say of a run.
    """
    return _grouped(systems, lambda system: (_Said(system.name, *parts) for run in system.runs for parts in said(run)))


def doubts_by_message(systems: Sequence[System]) -> list[Remark]:
    """Return the doubts of all runs, each kind once."""
    return of_runs(systems, lambda run: ((doubt.code, doubt.message, doubt.hint) for doubt in run.verdict.warnings))


def errors_by_message(systems: Sequence[System]) -> list[Remark]:
    """Return the explained errors of all runs, each kind once."""
    return of_runs(
        systems,
        lambda run: ((error.code or error.what, error.sentence, error.advice) for error in run.explained_errors),
    )


def tails_by_message(systems: Sequence[System], *, cores: int | None) -> list[Remark]:
    """Return what is known of why p99 is high, each kind once.

    Args:
        systems: those of one document.
        cores: of the machine of the servers; None where that is not known.
    """
    return of_runs(
        systems, lambda run: ((finding.code, finding.sentence, "") for finding in explain_tail(run, cores=cores))
    )


def recoveries_by_message(systems: Sequence[System], *outcomes: Outcome) -> list[Remark]:
    """Return what became of latencies after the rate fell, each kind once.

    Args:
        systems: the systems.
        outcomes: which of the outcomes.
    """
    return of_runs(
        systems, lambda run: ((one.outcome, one.sentence, "") for one in recoveries_of(run) if one.outcome in outcomes)
    )


def changes_by_message(systems: Sequence[System]) -> list[Remark]:
    """Return where latencies changed within runs, each kind once."""

    def said(run: Run) -> Iterable[tuple[str, str, str]]:
        found = steadiness_of(run)
        return [] if found is None else [("changed", found.sentence, "")]

    return of_runs(systems, said)


def notes_by_message(systems: Sequence[System]) -> list[Remark]:
    """Return what else is to be known of systems: why one was not measured or failed, and notes."""
    return _grouped(
        systems,
        lambda system: (
            _Said(system.name, "", text)
            for text in ([] if system.reason is None or _is_doubt(system) else [system.reason]) + system.notes
        ),
        kind_of=lambda message: message,  # ports and the like are no quantities
    )


def _is_doubt(system: System) -> bool:
    """Whether the reason of its status is a doubt as well: that of a system that was cut short is."""
    return any(system.reason == doubt.message for run in system.runs for doubt in run.verdict.warnings)


def _grouped(
    systems: Sequence[System],
    said_of: Callable[[System], Iterable[_Said]],
    kind_of: Callable[[str], str] = without_quantities,
) -> list[Remark]:
    groups: dict[tuple[str, str, str], list[_Said]] = {}
    for system in systems:
        for said in said_of(system):
            groups.setdefault((said.code, kind_of(said.message), said.hint), []).append(said)
    measured = [system.name for system in systems if system.runs]
    remarks: list[Remark] = []
    for group in groups.values():
        names = tuple(dict.fromkeys(said.system for said in group))
        remarks.append(
            Remark(
                systems=names,
                is_of_all=len(names) > 1 and set(names) >= set(measured),
                code=group[0].code,
                message=merged([said.message for said in group]),
                hint=group[0].hint,
            )
        )
    return remarks
