"""One load on the terminal: the answer, counts, durations, remarks."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.report.conditions import hindrance_lines
from rush_hour.report.terminal.blocks import goodput_line
from rush_hour.report.terminal.colours import STRONG
from rush_hour.report.terminal.columns import duration_columns, duration_unit
from rush_hour.report.terminal.parts import part_tables
from rush_hour.report.terminal.remarks import answer_lines, remark_lines
from rush_hour.report.terminal.seconds import faults
from rush_hour.report.terminal.tables import Cell, Column, Counts, WholeTable
from rush_hour.results.document import Document
from rush_hour.results.resources import Usage
from rush_hour.results.run import LoadResult, Run
from rush_hour.units import format_bytes, format_count, format_duration_us

PERCENTILES = ("p50", "p90", "p99", "p99.9", "max")
LINE_WIDTH = 30  # of the sparkline; with it the summary has room on 80 columns


def load_report(document: Document) -> RenderableType:
    """Return the whole report of a load; of several runs each has its figures."""
    remarks = list(remark_lines(document))
    runs = [run for system in document.systems for run in system.runs]
    return Group(
        answer_lines([document]),
        *(part for run in runs for part in ("", load_summary(run))),
        *(["", *remarks] if remarks else []),
        *(["", *hindrances] if (hindrances := hindrance_lines(document)) else []),
    )


def load_summary(run: Run) -> RenderableType:
    """Return what was offered, and what came of it."""
    plan = run.plan
    return Group(
        Text(plan.url if run.block is None else f"{plan.url}, start {run.block}", STRONG),
        f"{plan.offered} on {format_count(plan.connections)} connection{'s' if plan.connections != 1 else ''} "
        f"for {plan.duration_s:g} s, {plan.processes} process{'es' if plan.processes != 1 else ''}",
        "",
        Counts(list(_counts(run))),
        *_durations(run.result),
        *_parts(run),
    )


def _counts(run: Run) -> Iterator[tuple[Cell, Cell, Cell]]:
    result = run.result
    statuses = ", ".join(f"{status}: {format_count(n)}" for status, n in result.responses_by_status.items())
    errors = ", ".join(f"{name}: {format_count(count)}" for name, count in result.errors.items())
    cpu = f"{result.generator.busiest_process_cpu_ratio:.0%} of a core in the busiest process"
    yield (
        "goodput",
        f"{result.goodput_per_s:,.1f}/s",
        f"{result.good_ratio:.2%} of the {format_count(result.requests_due)} requests due"
        if result.requests_due
        else "",
    )
    if line := goodput_line(run, LINE_WIDTH):
        yield "each second", "", line
    yield "sent", f"{result.rate_per_s:,.1f}/s", f"{format_count(result.requests_sent)} requests"
    yield "answers", format_count(result.responses_total), statuses
    if result.responses_bad:
        yield "bad answers", faults(result.responses_bad), ""
    yield "errors", faults(result.requests_failed), errors
    yield "unanswered", faults(result.unanswered_at_end), ""
    yield "read", format_bytes(result.bytes_read), f"{format_bytes(result.bytes_read / result.elapsed_s)}/s"
    if run.resources is not None:
        yield "server", format_bytes(run.resources.server.max_rss_bytes), _cost(run.resources.server, result)
    yield "generator", format_bytes(result.generator.max_rss_bytes), cpu


def _cost(server: Usage, result: LoadResult) -> str:
    if not result.responses_good:
        return f"{server.cpu_s:.1f} s of CPU time"
    return f"{format_duration_us(server.cpu_s / result.responses_good * 1e6)} of CPU time for each good answer"


def _durations(result: LoadResult) -> Iterator[RenderableType]:
    if columns := distribution_columns(result):
        yield ""
        yield WholeTable(columns, gap=3)


def _parts(run: Run) -> Iterator[RenderableType]:
    for table in part_tables(run):
        yield ""
        yield WholeTable(table.columns)


def distribution_columns(result: LoadResult) -> list[Column]:
    """Return the distributions that there are, in one unit; no column where there is none."""
    rows = [
        (name, summary)
        for name, summary in (
            ("latency (from due)", result.latency_us),
            ("service time (from sent)", result.service_time_us),
            ("bad answers", result.latency_bad_us),
            ("send lag", result.send_lag_us),
        )
        if summary is not None
    ]
    if not rows:
        return []
    fields = [name.replace(".", "_") for name in PERCENTILES]
    columns = [[float(getattr(summary, field)) for _, summary in rows] for field in fields]
    unit, _ = duration_unit(columns)
    return [
        Column(f"in {unit}", [name for name, _ in rows], align="left"),
        *duration_columns(PERCENTILES, columns, form="{0}", group="all"),
    ]
