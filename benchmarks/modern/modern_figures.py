"""What `make modern` shows of its benches. Pure."""

from collections.abc import Callable, Mapping

from rush_hour.results.document import Document, System
from rush_hour.results.run import Run

HOLDS_RATIO = 0.999
NONE = "-"

Figure = Callable[[Run], float | None]


def p99_ms(run: Run) -> float | None:
    """Return within which time 99 % of the good answers came, counted from when they were due."""
    latency = run.result.latency_us
    return None if latency is None else latency.p99 / 1000


def server_cpu_us(run: Run) -> float | None:
    """Return the CPU time of the server for each good answer."""
    return run.cpu_us_per_good_answer("server")


TITLES: dict[str, Figure] = {
    "99 % of the answers within, in ms": p99_ms,
    "CPU time of the server for each good answer, in µs": server_cpu_us,
}


def cells_of(documents: Mapping[str, Document], figure: Figure) -> dict[str, list[str]]:
    """Return a cell for each workload, by system, in the order of the suite.

    Args:
        documents: results by the name of their workload.
        figure: what is in the cells.
    """
    by_workload = [{system.name: system for system in document.systems} for document in documents.values()]
    names = dict.fromkeys(name for systems in by_workload for name in systems)
    return {name: [cell(systems.get(name), figure) for systems in by_workload] for name in names}


def cell(system: System | None, figure: Figure) -> str:
    """Return a figure, or in place of it the share of good answers, or what became of the system."""
    if system is None:
        return NONE
    if system.status != "ok" or system.run is None:
        return system.status
    result = system.run.result
    doubt = "" if system.run.verdict.trusted else "~"
    good_ratio = result.responses_good / result.requests_due if result.requests_due else 0.0
    value = figure(system.run)
    if value is None or good_ratio < HOLDS_RATIO:
        return f"{doubt}{100 * good_ratio:.0f}%"
    return f"{doubt}{value:,.0f}" if value >= 100 else f"{doubt}{value:.3g}"


def failures_of(workload: str, document: Document) -> list[str]:
    """Return which systems failed, and why."""
    return [
        f"{workload} on {system.name}: failed: {(system.reason or 'no reason is given').splitlines()[0]}"
        for system in document.systems
        if system.status == "failed"
    ]


def bad_answers_of(workload: str, document: Document) -> list[str]:
    """Return which systems answered badly. Slowness is a figure, and nothing bad."""
    found: list[str] = []
    for system in document.systems:
        for run in system.runs:
            if run.result.first_bad is not None:
                bad = run.result.first_bad
                found.append(f"{workload} on {system.name}: the first bad answer, to {bad.request}: {bad.what}")
    return found
