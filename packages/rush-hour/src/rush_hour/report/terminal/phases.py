"""The phases of a profile as a table: what was offered in each, and what came of the requests that were due in it."""

from rush_hour.report.terminal.columns import aligned, latency_columns, number_column
from rush_hour.report.terminal.seconds import faults
from rush_hour.report.terminal.tables import Column
from rush_hour.results.run import PhaseFigures, Run
from rush_hour.units import format_per_s


def phase_columns(run: Run) -> list[Column]:
    """Return the phases of a run that were begun; no column without a profile."""
    profile, figures = run.plan.profile, run.result.phases
    if profile is None or not figures:
        return []
    return [
        Column("phase", [phase.name for phase in figures], align="left"),
        Column("offered", [phase.offered for phase, _ in zip(profile.phases, figures, strict=False)], group="goodput"),
        number_column("due", [phase.due for phase in figures], group="goodput"),
        Column("good/s", aligned([format_per_s(phase.goodput_per_s) for phase in figures]), group="goodput"),
        Column("not good", [faults(_not_good(phase)) for phase in figures], group="goodput"),
        *latency_columns([phase.latency_us for phase in figures]),
    ]


def _not_good(phase: PhaseFigures) -> int:
    """Return how many of the requests due were answered badly, failed, or were not answered."""
    return phase.due - phase.good
