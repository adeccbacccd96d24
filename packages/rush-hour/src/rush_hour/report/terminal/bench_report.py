"""A bench on the terminal: where, the table, remarks, published against measured."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.report.published import Comparison, Figures
from rush_hour.report.terminal.tables import WholeTable
from rush_hour.results.document import Document, System
from rush_hour.results.resources import Role
from rush_hour.results.run import Run
from rush_hour.units import format_bytes, format_count, format_duration_us

NONE = "-"
ROLES: tuple[Role, ...] = ("server", "proxy", "database", "generator")
CPU_HEADINGS = tuple(f"{role}\nCPU µs" for role in ROLES)
LEGEND = (
    "Latency counts from when each request was due, and is of good answers. CPU: of all the role's processes, for each "
    "good answer.\nPeak memory: of the server's processes; pages that they share count once for each."
)
OFTEN_THE_SAME = frozenset({"shared-cores"})  # said once below the table, not in every row


def bench_report(document: Document, comparison: Sequence[Comparison]) -> RenderableType:
    """Return the whole report of a bench: what and where, the table, remarks, published against measured."""
    parts: list[RenderableType] = [
        _bench_head(document),
        "",
        _bench_table(document.systems),
        Text(LEGEND, "dim"),
        *_remarks(document.systems),
    ]
    if comparison:
        parts += ["", Text("published against measured", "bold"), _comparison_table(comparison)]
    return Group(*parts)


def _bench_head(document: Document) -> Text:
    suite, machine = document.suite, document.machine
    assert suite is not None, "a bench has a suite"
    assert machine is not None, "and its machine is this one"
    versions = ", ".join(f"{name} {version}" for name, version in document.versions.items())
    text = Text.assemble((suite.title, "bold"))
    plan = next((system.run.plan for system in document.systems if system.run is not None), None)
    if plan is not None:
        text.append(
            f"\n{plan.offered} on {format_count(plan.connections)} connections for {plan.duration_s:g} s "
            f"after {plan.warmup_s:g} s of warm-up"
        )
    text.append(f"\n{machine.cores} cores ({machine.cpu}), {format_bytes(machine.memory_bytes)}")
    text.append(f"\nLinux {machine.kernel}, {versions}")
    for rule in suite.rules:
        text.append(f"\n{rule}", "dim")
    return text


def _bench_table(systems: Sequence[System]) -> WholeTable:
    headings = (
        "\nsystem", "goodput\n/s", "bad\n%", "\np50", "\np90", "\np99", "\nmax", *CPU_HEADINGS, "peak\nmemory",
        "\nverdict",
    )  # fmt: skip
    return WholeTable(headings, [_bench_row(entry) for entry in systems])


def _bench_row(system: System) -> list[str | Text]:
    run = system.run
    if run is None or run.resources is None:
        return [system.name, *[NONE] * 11, Text(system.status, style="red")]
    result, latency = run.result, run.result.latency_us
    times = (latency.p50, latency.p90, latency.p99, latency.max) if latency else ()
    return [
        system.name,
        f"{result.goodput_per_s:,.0f}",
        NONE if result.bad_ratio is None else f"{100 * result.bad_ratio:.1f}",
        *(map(format_duration_us, times) if latency else [NONE] * 4),
        *(_number(run.cpu_us_per_good_answer(role)) for role in ROLES),
        format_bytes(run.resources.server.max_rss_bytes),
        _verdict_word(run),
    ]


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:,.0f}"


def _verdict_word(run: Run) -> Text:
    if run.is_interrupted:
        return Text("interrupted", style="yellow")
    if not run.verdict.trusted:
        return Text("do not trust", style="bold red")
    return Text("holds", style="green") if run.result.holds else Text("does not hold", style="yellow")


def _remarks(systems: Sequence[System]) -> Iterable[RenderableType]:
    """Yield what the table has no room for: reasons, notes, doubts; what applies to all systems is said once."""
    yield ""
    shared: dict[str, str] = {}
    for system in systems:
        lines = [*([system.reason] if system.reason else []), *system.notes]
        for run in system.runs:
            lines += [error.sentence for error in run.explained_errors]
            lines += [doubt.message for doubt in run.verdict.warnings if doubt.code not in OFTEN_THE_SAME]
            shared |= {doubt.message: doubt.hint for doubt in run.verdict.warnings if doubt.code in OFTEN_THE_SAME}
        for line in dict.fromkeys(lines):  # an interrupted system's reason is a doubt as well
            yield Text.assemble((f"{system.name}: ", "bold"), line)
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
