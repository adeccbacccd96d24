"""One load on the terminal: counts, durations, and what to think of them."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from rush_hour.core.figures import DurationSummary, TimelineRow
from rush_hour.report.terminal.tables import Counts, WholeTable
from rush_hour.results.run import Doubt, Run, Verdict
from rush_hour.units import format_bytes, format_count, format_duration_us


def load_summary(run: Run) -> RenderableType:
    """Return the summary of one load."""
    plan, result = run.plan, run.result
    what = Text.assemble(
        (plan.url, "bold"),
        f"\n{plan.offered} on {format_count(plan.connections)} connections for {plan.duration_s:g} s, "
        f"{plan.processes} process{'es' if plan.processes != 1 else ''}",
    )
    good = f"{result.good_ratio:.2%} of the {format_count(result.requests_due)} requests due"
    statuses = ", ".join(f"{status}: {format_count(n)}" for status, n in result.responses_by_status.items())
    errors = ", ".join(f"{name}: {format_count(count)}" for name, count in result.errors.items())
    bytes_per_s = f"{format_bytes(result.bytes_read / result.elapsed_s)}/s"
    cpu = f"{result.generator.busiest_process_cpu_ratio:.0%} of a core in the busiest process"
    counts = [
        ("goodput", f"{result.goodput_per_s:,.1f}/s", good),
        ("sent", f"{result.rate_per_s:,.1f}/s", f"{format_count(result.requests_sent)} requests"),
        ("answers", format_count(result.responses_total), statuses),
        *([("bad answers", format_count(result.responses_bad), "")] if result.responses_bad else []),
        ("errors", format_count(result.requests_failed), errors),
        ("unanswered", format_count(result.unanswered_at_end), ""),
        ("read", format_bytes(result.bytes_read), bytes_per_s),
        ("generator", format_bytes(result.generator.max_rss_bytes), cpu),
    ]
    durations = [
        ("latency (from due)", result.latency_us),
        ("service time (from sent)", result.service_time_us),
        ("bad answers", result.latency_bad_us),
        ("send lag", result.send_lag_us),
    ]
    return Group(what, "", Counts(counts), "", _durations_table(durations), "", verdict_lines(run.verdict))


def _durations_table(rows: Sequence[tuple[str, DurationSummary | None]]) -> WholeTable:
    cells = [
        [name, *map(format_duration_us, (summary.p50, summary.p90, summary.p99, summary.p99_9, summary.max))]
        for name, summary in rows
        if summary is not None
    ]
    return WholeTable(("", "p50", "p90", "p99", "p99.9", "max"), cells, header_style="dim", gap=3)


def verdict_lines(verdict: Verdict) -> RenderableType:
    """Return whether the figures can be trusted, and each doubt with what to do."""
    head = (
        Text("These figures can be trusted.", "green")
        if verdict.trusted
        else Text("Do not trust these figures.", "bold red")
    )
    return Group(head, *(_doubt(doubt) for doubt in verdict.warnings))


def _doubt(doubt: Doubt) -> RenderableType:
    return Group(
        Text.assemble(("! ", "yellow"), doubt.message),
        Padding(Text(doubt.hint, style="dim"), (0, 0, 0, 2), expand=False),
    )


def second_line(row: TimelineRow) -> str:
    """Return what one second of a run was like."""
    faults = f", {format_count(row.bad + row.failed)} bad" if row.bad or row.failed else ""
    latency = ""
    if row.p50_us is not None and row.p99_us is not None:
        latency = f", p50 {format_duration_us(row.p50_us)}, p99 {format_duration_us(row.p99_us)}"
    return f"{row.at_s:3.0f} s: {format_count(row.good)} good{faults}{latency}"
