"""Balance: what each process of a server did, where its processes can be told apart. Pure."""

from dataclasses import dataclass

from rush_hour.report.page.bars import Bar, bar_of
from rush_hour.report.page.numbers import NONE, percent, plain, whole
from rush_hour.results.resources import ProcessUsage, Usage
from rush_hour.results.run import Run

WORKING_RATIO = 0.01  # of the server's CPU time, below which a process that held no connection does not work
PROCESSES_SHOWN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRow:
    """One process.

    Attributes:
        cpu, answers: shares of the server's, as bars; `answers` is None where that is not known.
    """

    pid: int
    name: str
    cpu_s: str
    cpu_share: str
    cpu: Bar
    answers: Bar | None
    answers_count: str
    answers_share: str
    connections: str
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The processes of a server that worked.

    Attributes:
        unevenness: the busiest one's CPU time to the mean of all; None for a single one.
        more: processes that worked, and are left out.
        idle: processes that did next to nothing.
    """

    rows: list[ProcessRow]
    unevenness: str | None
    more: int
    idle: int
    has_answers: bool
    has_connections: bool


def balance_of(run: Run) -> Balance | None:
    """Return the balance of a run's server; None where its processes are not known."""
    usage = None if run.resources is None else run.resources.server
    if usage is None or not usage.processes or usage.cpu_s <= 0:
        return None
    working = [process for process in usage.processes if _works(process, usage)]
    working.sort(key=lambda process: process.cpu_s, reverse=True)
    mean_s = sum(process.cpu_s for process in working) / max(1, len(working))
    uneven = plain(working[0].cpu_s / mean_s) if len(working) > 1 and mean_s > 0 else None
    answers = sum(process.answers or 0 for process in working)
    shown = working[:PROCESSES_SHOWN]
    return Balance(
        rows=[_row(process, usage.cpu_s, answers) for process in shown],
        unevenness=uneven,
        more=len(working) - len(shown),
        idle=len(usage.processes) - len(working),
        has_answers=answers > 0,
        has_connections=any(process.connections is not None for process in shown),
    )


def _works(process: ProcessUsage, usage: Usage) -> bool:
    return process.cpu_s > WORKING_RATIO * usage.cpu_s or bool(process.answers) or bool(process.connections)


def _row(process: ProcessUsage, cpu_s: float, answers: int) -> ProcessRow:
    cpu_share = percent(process.cpu_s / cpu_s)
    answers_share = NONE if process.answers is None or not answers else percent(process.answers / answers)
    return ProcessRow(
        pid=process.pid,
        name=process.name,
        cpu_s=plain(process.cpu_s),
        cpu_share=cpu_share,
        cpu=bar_of([("server", process.cpu_s, f"{cpu_share} % of the CPU time")], cpu_s),
        answers=None
        if process.answers is None or not answers
        else bar_of([("good", process.answers, f"{answers_share} % of the answers")], answers),
        answers_count=whole(process.answers),
        answers_share=answers_share,
        connections=whole(process.connections),
        peak_memory_bytes=process.max_rss_bytes,
    )
