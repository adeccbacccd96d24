"""A run on the terminal: a summary of one load, and the table of a bench. Pure but for the console it prints to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rush_hour.core.result import Doubt, DurationSummary, LoadReport, TimelineRow, Verdict
from rush_hour.report.published import Comparison, Figures
from rush_hour.report.result_file import BenchFile, SystemEntry, Usage
from rush_hour.units import format_bytes, format_count, format_duration_us

WIDE = 1000  # columns, where the output is not a terminal: nothing is wrapped for a screen that is not there
NONE = "-"
CPU_HEADINGS = tuple(f"{role}\nCPU µs" for role in ("server", "proxy", "database", "generator"))
LEGEND = (
    "Latency counts from when each request was due, and is of good answers. CPU: of all the role's processes, for each "
    "good answer.\nPeak memory: of the server's processes; pages that they share count once for each."
)
OFTEN_THE_SAME = frozenset({"shared-cores"})  # said once below the table, not in every row


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that wraps and colours for a terminal only (NO_COLOR and FORCE_COLOR are honoured)."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def load_summary(report: LoadReport) -> RenderableType:
    """Return the summary of one load."""
    plan, result = report.plan, report.result
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
    return Group(what, "", Counts(counts), "", _durations_table(durations), "", verdict_lines(report.verdict))


@dataclass(frozen=True, slots=True)
class Counts:
    """Names, figures and remarks: side by side, or where there is no room for that, each remark below its figure."""

    rows: Sequence[tuple[str, str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one table, or all in lines."""
        beside = _grid(self.rows)
        if _width_of(beside, console) <= options.max_width:
            yield beside
            return
        for name, figure, remark in self.rows:
            yield _grid([(f"{name:11}", figure)])
            if remark:
                yield Padding(Text(remark), (0, 0, 0, 2), expand=False)


def _grid(rows: Sequence[Sequence[str]]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for number in range(len(rows[0])):
        table.add_column(justify="right" if number == 1 else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _width_of(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=WIDE), table).maximum


def _durations_table(rows: Sequence[tuple[str, DurationSummary | None]]) -> "WholeTable":
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


def bench_report(bench: BenchFile, comparison: Sequence[Comparison]) -> RenderableType:
    """Return the whole report of a bench: what and where, the table, remarks, published against measured."""
    parts: list[RenderableType] = [
        _bench_head(bench),
        "",
        _bench_table(bench.systems),
        Text(LEGEND, "dim"),
        *_remarks(bench.systems),
    ]
    if comparison:
        parts += ["", Text("published against measured", "bold"), _comparison_table(comparison)]
    return Group(*parts)


def _bench_head(bench: BenchFile) -> Text:
    machine = bench.machine
    versions = ", ".join(f"{name} {version}" for name, version in bench.versions.items())
    text = Text.assemble((bench.suite.title, "bold"))
    load = next((entry.load.plan for entry in bench.systems if entry.load is not None), None)
    if load is not None:
        text.append(
            f"\n{load.offered} on {format_count(load.connections)} connections for {load.duration_s:g} s "
            f"after {load.warmup_s:g} s of warm-up"
        )
    text.append(f"\n{machine.cores} cores ({machine.cpu}), {format_bytes(machine.memory_bytes)}")
    text.append(f"\nLinux {machine.kernel}, {versions}")
    for rule in bench.suite.rules:
        text.append(f"\n{rule}", "dim")
    return text


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A table of which nothing is cut: what is too wide for the screen goes below, each row with its name again."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str | Text]]
    header_style: str = "bold"
    gap: int = 2

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many tables as are needed; each has at least one column beside the names."""
        begin, columns = 1, len(self.headings)
        while begin < columns:
            ends = range(columns, begin, -1)
            fits = (end for end in ends if _width_of(self._columns(begin, end), console) <= options.max_width)
            end = next(fits, begin + 1)
            yield self._columns(begin, end)
            begin = end

    def _columns(self, begin: int, end: int) -> Table:
        padding = (0, self.gap - self.gap // 2, 0, self.gap // 2)
        table = Table(box=None, padding=padding, header_style=self.header_style, pad_edge=False)
        table.add_column(self.headings[0], no_wrap=True)
        for heading in self.headings[begin:end]:
            table.add_column(heading, justify="left" if "verdict" in heading else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(row[0], *row[begin:end])
        return table


def _bench_table(systems: Sequence[SystemEntry]) -> WholeTable:
    headings = (
        "\nsystem", "goodput\n/s", "bad\n%", "\np50", "\np90", "\np99", "\nmax", *CPU_HEADINGS, "peak\nmemory",
        "\nverdict",
    )  # fmt: skip
    return WholeTable(headings, [_bench_row(entry) for entry in systems])


def _bench_row(entry: SystemEntry) -> list[str | Text]:
    if entry.load is None or entry.resources is None:
        return [entry.name, *[NONE] * 11, Text(entry.status, style="red")]
    result, latency, resources = entry.load.result, entry.load.result.latency_us, entry.resources
    bad_ratio = 1 - result.responses_good / result.responses_total if result.responses_total else None
    times = (latency.p50, latency.p90, latency.p99, latency.max) if latency else ()
    usages = (resources.server, resources.proxy, resources.database, resources.generator)
    return [
        entry.name,
        f"{result.goodput_per_s:,.0f}",
        NONE if bad_ratio is None else f"{100 * bad_ratio:.1f}",
        *(map(format_duration_us, times) if latency else [NONE] * 4),
        *(_cpu_us_per_good(usage, result.responses_good) for usage in usages),
        format_bytes(resources.server.max_rss_bytes),
        _verdict_word(entry),
    ]


def _cpu_us_per_good(usage: Usage | None, good: int) -> str:
    return NONE if usage is None or good == 0 else f"{usage.cpu_s * 1e6 / good:,.0f}"


def _verdict_word(entry: SystemEntry) -> Text:
    assert entry.load is not None, "only measured systems have a verdict"
    if entry.status == "interrupted":
        return Text(entry.status, style="yellow")
    codes = {doubt.code for doubt in entry.load.verdict.warnings}
    if not entry.load.verdict.trusted:
        return Text("do not trust", style="bold red")
    if codes & {"rate-missed", "errors-above-limit"}:
        return Text("does not hold", style="yellow")
    return Text("holds", style="green")


def _remarks(systems: Sequence[SystemEntry]) -> Iterable[RenderableType]:
    """Yield what the table has no room for: reasons, notes, doubts; what applies to all systems is said once."""
    yield ""
    measured = [entry for entry in systems if entry.load is not None]
    for entry in systems:
        lines = [*([entry.reason] if entry.reason else []), *entry.notes]
        if entry.load is not None:
            lines += [doubt.message for doubt in entry.load.verdict.warnings if doubt.code not in OFTEN_THE_SAME]
        for line in dict.fromkeys(lines):  # an interrupted system's reason is a doubt as well
            yield Text.assemble((f"{entry.name}: ", "bold"), line)
    shared = {
        doubt.message: doubt.hint
        for entry in measured
        if entry.load is not None
        for doubt in entry.load.verdict.warnings
        if doubt.code in OFTEN_THE_SAME
    }
    for message, hint in shared.items():
        yield Text.assemble(("all: ", "bold"), message, " ", hint)


def _comparison_table(comparison: Sequence[Comparison]) -> WholeTable:
    headings = ("system", "rate/s", "requests/s", "goodput/s", "bad %", "mean", "max")
    rows = [
        [row.name if side is row.published else "  measured", *_comparison_cells(side)]
        for row in comparison
        for side in (row.published, row.measured)
    ]
    return WholeTable(headings, rows)


def _comparison_cells(side: Figures | None) -> list[str]:
    if side is None:
        return [NONE] * 6
    return [
        f"{side.rate_per_s:,.0f}",
        f"{side.requests_per_s:,.0f}",
        f"{side.goodput_per_s:,.0f}",
        f"{100 * side.bad_ratio:.1f}",
        *(NONE if time is None else format_duration_us(time) for time in (side.mean_us, side.max_us)),
    ]
