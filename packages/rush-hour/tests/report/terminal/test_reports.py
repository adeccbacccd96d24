"""What a person sees, at several widths: nothing is cut, columns are aligned, colours are for terminals."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from rush_hour.core.figures import DurationSummary
from rush_hour.report.published import Comparison, Figures
from rush_hour.report.terminal.bench_report import bench_report
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.live_view import second_table
from rush_hour.report.terminal.load_summary import load_summary, second_line, verdict_lines
from rush_hour.results.document import Document, MachineFacts, SuiteFacts, System
from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import Doubt, LoadResult, PlanFacts, Run, Verdict

SHARED = Doubt(code="shared-cores", message="the cores were shared.", hint="Use another machine.")
MISSED = Doubt(code="rate-missed", message="9 of 10 were sent.", hint="Lower the rate.")
FAULTY = Doubt(code="errors-above-limit", message="half was bad.", hint="Compare goodput.")
SATURATED = Doubt(code="generator-saturated", message="the generator was busy.", hint="Use more processes.")
FIGURES = Figures(
    rate_per_s=4000.0, requests_per_s=3992.7, goodput_per_s=555.3, bad_ratio=0.861, mean_us=121_080.0, max_us=2.66e6
)


def summary_of(value_us: int, count: int) -> DurationSummary:
    return DurationSummary(
        mean=value_us, stdev=0.0, p50=value_us, p75=value_us, p90=value_us, p95=value_us, p99=value_us,
        p99_9=value_us, p99_99=value_us, max=value_us, count=count,
    )  # fmt: skip


def text_of(renderable: RenderableType, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


@pytest.fixture
def ok(plan: PlanFacts, result: LoadResult) -> System:
    """A system behind nginx and with a database, which holds."""
    return System(
        name="good-one",
        title="Good",
        status="ok",
        runs=[
            Run(
                plan=plan,
                result=result,
                verdict=Verdict(trusted=True, warnings=[SHARED]),
                resources=Resources(
                    server=Usage(cpu_s=1.25, max_rss_bytes=361_758_720),
                    proxy=Usage(cpu_s=0.5, max_rss_bytes=1),
                    database=Usage(cpu_s=2.0, max_rss_bytes=1),
                    generator=Usage(cpu_s=12.345, max_rss_bytes=1),
                ),
            )
        ],
    )


def changed(system: System, *doubts: Doubt, name: str, trusted: bool = True, **changes: object) -> System:
    """A system with other figures and doubts, and without proxy and database."""
    run = system.run
    assert run is not None
    assert run.resources is not None
    result = replace(run.result, **changes)  # type: ignore[arg-type]  # the changes are of its own fields
    verdict = Verdict(trusted=trusted, warnings=list(doubts))
    resources = replace(run.resources, proxy=None, database=None)
    return replace(system, name=name, runs=[replace(run, result=result, verdict=verdict, resources=resources)])


def bench(*systems: System) -> Document:
    return Document(
        schema_version=2,
        kind="bench",
        started_at="2026-03-04T05:06:07+00:00",
        suite=SuiteFacts(name="s", title="All of them", path="s.toml", workers=16, rules=["The same query."]),
        machine=MachineFacts(
            cpu="Fast CPU", cores=2, memory_bytes=8 * 1024**3, kernel="6.1.0", system="Linux", limits={}
        ),
        versions={"rush-hour": "1.0", "nginx": "1.31"},
        systems=list(systems),
    )


@pytest.fixture
def systems(ok: System) -> list[System]:
    """One of each kind."""
    bad = summary_of(2_660_000, 500)
    return [
        ok,
        changed(
            ok, MISSED, FAULTY, SHARED, name="half", responses_total=10_000, responses_good=1395, goodput_per_s=139.5,
            latency_us=summary_of(121_080, 1395), latency_bad_us=bad,
        ),
        changed(ok, SATURATED, name="doubtful", trusted=False),
        changed(
            ok, FAULTY, name="silent", responses_total=0, responses_good=0, goodput_per_s=0.0, latency_us=None
        ),
        System(name="absent", title="Absent", status="unavailable", reason="no compiler. Install one."),
        System(name="dead", title="Dead", status="failed", reason="the server ended.\n[/last] line of its log"),
    ]  # fmt: skip


TABLE = """\
          goodput   bad                                      server   proxy  database  generator     peak
system         /s     %      p50      p90      p99      max  CPU µs  CPU µs    CPU µs     CPU µs   memory  verdict
good-one    1,000   0.0  1.00 ms  1.00 ms  1.00 ms  1.00 ms     125      50       200      1,234  345 MiB  holds
half          140  86.1   121 ms   121 ms   121 ms   121 ms     896       -         -      8,849  345 MiB  does not hold
doubtful    1,000   0.0  1.00 ms  1.00 ms  1.00 ms  1.00 ms     125       -         -      1,234  345 MiB  do not trust
silent          0     -        -        -        -        -       -       -         -          -  345 MiB  does not hold
absent          -     -        -        -        -        -       -       -         -          -        -  unavailable
dead            -     -        -        -        -        -       -       -         -          -        -  failed
"""


def test_the_report_of_a_bench_says_what_and_where_and_how_each_did(systems: list[System]) -> None:
    report = text_of(bench_report(bench(*systems), []))

    assert report.startswith(
        "All of them\n"
        "1,000/s on 100 connections for 10 s after 0 s of warm-up\n"
        "2 cores (Fast CPU), 8.00 GiB\n"
        "Linux 6.1.0, rush-hour 1.0, nginx 1.31\n"
        "The same query.\n"
        "\n" + TABLE + "Latency counts from when each request was due"
    )


def test_below_the_table_stands_what_it_has_no_room_for(ok: System, systems: list[System]) -> None:
    with_note = replace(ok, name="noted", notes=["port 80 was taken: 81 was used."])

    report = text_of(bench_report(bench(with_note, *systems), []))

    assert report[report.index("\n\nnoted: ") :] == (
        "\n\n"
        "noted: port 80 was taken: 81 was used.\n"
        "half: 9 of 10 were sent.\n"
        "half: half was bad.\n"
        "doubtful: the generator was busy.\n"
        "silent: half was bad.\n"
        "absent: no compiler. Install one.\n"
        "dead: the server ended.\n"
        "[/last] line of its log\n"
        "all: the cores were shared. Use another machine."
    )


def test_a_system_that_was_cut_short_is_told_as_that_once(ok: System) -> None:
    doubt = Doubt(code="interrupted", message="interrupted after 3.0 of 10 s.", hint="Compare it with nothing.")
    short = changed(ok, doubt, name="short")
    assert short.run is not None
    run = replace(short.run, is_interrupted=True)
    cut_short = replace(short, status="interrupted", reason=doubt.message, runs=[run])

    report = text_of(bench_report(bench(cut_short), []))

    assert re.search(r"^short +1,000 .* interrupted$", report, re.MULTILINE)
    assert report.count("interrupted after 3.0 of 10 s.") == 1


def test_a_bench_in_which_nothing_ran_has_no_load_to_tell_of(systems: list[System]) -> None:
    report = text_of(bench_report(bench(*systems[4:]), []))

    assert report.splitlines()[:3] == [
        "All of them",
        "2 cores (Fast CPU), 8.00 GiB",
        "Linux 6.1.0, rush-hour 1.0, nginx 1.31",
    ]


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def tables_in(report: str) -> list[list[str]]:
    """Return the tables' lines: those of headings and of systems, from `system` on."""
    lines = report.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("system ")]
    return [lines[start : start + 7] for start in starts]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_at_any_width_no_figure_is_cut_and_each_row_keeps_its_name(systems: list[System], width: int) -> None:
    narrow = text_of(bench_report(bench(*systems), []), width)

    assert "…" not in narrow
    tables = tables_in(narrow)
    assert all(len(line) <= width for table in tables for line in table)
    for row, whole in enumerate(TABLE.splitlines()[1:]):
        parts = [cells(table[row]) for table in tables]
        assert {part[0] for part in parts} == {cells(whole)[0]}
        assert [cell for part in parts for cell in part[1:]] == cells(whole)[1:]


def right_edges(line: str, names_width: int) -> list[int]:
    return [match.end() for match in re.finditer(r"\S+(?: \S+)*", line) if match.start() > names_width]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_figures_end_in_one_column(systems: list[System], width: int) -> None:
    for table in tables_in(text_of(bench_report(bench(*systems), []), width)):
        figures = -1 if "verdict" in table[0] else None
        edges = [right_edges(line, len("good-one"))[:figures] for line in table]
        assert all(line_edges == edges[0] for line_edges in edges)


COMPARISON = """\
published against measured
system      rate/s  requests/s  goodput/s  bad %     mean      max
good-one     4,000       3,993        555   86.1   121 ms   2.66 s
  measured   1,000       1,000      1,000    0.0  1.00 ms  1.00 ms
dead         4,000       3,993        555   86.1   121 ms   2.66 s
  measured       -           -          -      -        -        -
silent       4,000       3,993        555   86.1   121 ms   2.66 s
  measured   1,000           0          0    0.0        -        -"""


def test_published_figures_stand_above_the_measured_ones() -> None:
    measured = replace(
        FIGURES, rate_per_s=1000.0, requests_per_s=1000.0, goodput_per_s=1000.0, bad_ratio=0.0, mean_us=1000.0,
        max_us=1000.0,
    )  # fmt: skip
    silent = replace(measured, requests_per_s=0.0, goodput_per_s=0.0, mean_us=None, max_us=None)
    comparison = [
        Comparison(name="good-one", published=FIGURES, measured=measured),
        Comparison(name="dead", published=FIGURES, measured=None),
        Comparison(name="silent", published=FIGURES, measured=silent),
    ]

    report = text_of(bench_report(bench(), comparison))

    assert report[report.index("published against") :] == COMPARISON


SUMMARY = """\
http://127.0.0.1:8008/agents
1,000/s on 100 connections for 10 s, 2 processes

goodput      1,000.0/s   100.00% of the 10,000 requests due
sent         1,000.0/s   10,000 requests
answers         10,000   200: 10,000
errors               0
unanswered           0
read           977 KiB   97.7 KiB/s
generator     38.1 MiB   5% of a core in the busiest process

                               p50       p90       p99     p99.9       max
latency (from due)         1.00 ms   1.00 ms   1.00 ms   1.00 ms   1.00 ms
service time (from sent)    900 µs    900 µs    900 µs    900 µs    900 µs
send lag                     20 µs     20 µs     20 µs     20 µs     20 µs

These figures can be trusted."""


def test_the_summary_of_a_load(plan: PlanFacts, result: LoadResult) -> None:
    assert text_of(load_summary(Run(plan=plan, result=result, verdict=Verdict(trusted=True)))) == SUMMARY


@pytest.mark.parametrize("width", [40, 60, 80])
def test_at_any_width_no_figure_of_a_load_is_cut(plan: PlanFacts, result: LoadResult, width: int) -> None:
    large = replace(
        result, requests_due=12_345_678, goodput_per_s=1_234_567.8, responses_by_status={"200": 7_654_321},
        errors={"read:ECONNRESET": 1_234_567}, latency_us=summary_of(12_345_678, 9),
        latency_bad_us=summary_of(987_654, 9),
    )  # fmt: skip

    lines = text_of(load_summary(Run(plan=plan, result=large, verdict=Verdict(trusted=True))), width)

    assert "…" not in lines
    assert all(len(line) <= width for line in lines.splitlines())
    for figure in ("1,234,567.8/s", "0.08% of the 12,345,678 requests due", "200: 7,654,321", "97.7 KiB/s"):
        assert figure in lines
    assert lines.count("12.3 s") == lines.count("988 ms") == 5


@pytest.mark.parametrize("width", [40, 80])
def test_at_any_width_no_figure_of_a_second_is_cut(result: LoadResult, width: int) -> None:
    row = replace(result.timeline[0], sent=1_234_567, p50_us=123_456, p99_us=1_234_567, send_lag_p99_us=12_345)

    lines = text_of(second_table([row]), width)

    assert "…" not in lines
    assert all(figure in lines for figure in ("1,234,567", "123 ms", "1.23 s", "12.3 ms"))


def test_the_summary_names_bad_answers_and_errors_and_what_to_do(plan: PlanFacts, result: LoadResult) -> None:
    half = replace(
        result, responses_total=9000, responses_good=5000, responses_by_status={"200": 6000, "502": 3000},
        errors={"read:EOF": 900, "timeout": 50}, unanswered_at_end=50, latency_bad_us=summary_of(500, 4000),
    )  # fmt: skip
    verdict = Verdict(trusted=False, warnings=[SATURATED, SHARED])

    lines = text_of(load_summary(Run(plan=replace(plan, processes=1), result=half, verdict=verdict)))

    assert "for 10 s, 1 process\n" in lines
    assert "\ngoodput       1,000.0/s   50.00% of the 10,000 requests due\n" in lines
    assert "\nanswers           9,000   200: 6,000, 502: 3,000\n" in lines
    assert "\nbad answers       4,000\n" in lines
    assert "\nerrors              950   read:EOF: 900, timeout: 50\n" in lines
    assert "\nbad answers                 500 µs    500 µs    500 µs    500 µs    500 µs\n" in lines
    assert lines.endswith(
        "Do not trust these figures.\n"
        "! the generator was busy.\n  Use more processes.\n"
        "! the cores were shared.\n  Use another machine."
    )


def test_a_doubt_does_not_end_trust_by_itself() -> None:
    assert text_of(verdict_lines(Verdict(trusted=True, warnings=[MISSED]))) == (
        "These figures can be trusted.\n! 9 of 10 were sent.\n  Lower the rate."
    )


def test_a_second_is_a_line_with_what_went_wrong(result: LoadResult) -> None:
    row = result.timeline[2]

    assert second_line(row) == "  3 s: 1,000 good, p50 1.00 ms, p99 1.00 ms"
    assert second_line(replace(row, bad=2, failed=3)) == "  3 s: 1,000 good, 5 bad, p50 1.00 ms, p99 1.00 ms"
    assert second_line(replace(row, good=0, p50_us=None, p99_us=None)) == "  3 s: 0 good"


def printed(capsys: pytest.CaptureFixture[str], renderables: Sequence[RenderableType]) -> str:
    make_console().print(*renderables)
    return capsys.readouterr().out


def test_colours_are_for_terminals_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    verdict = [verdict_lines(Verdict(trusted=True))]
    coloured = "\x1b[32mThese figures can be trusted.\x1b[0m\n"

    assert printed(capsys, verdict) == "These figures can be trusted.\n"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert printed(capsys, verdict) == coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert printed(capsys, verdict) == "These figures can be trusted.\n"


def test_a_text_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, ["[red] [/no-tag] :smile: 'quoted' 12"]) == "[red] [/no-tag] :smile: 'quoted' 12\n"


def test_outside_a_terminal_lines_are_long(capsys: pytest.CaptureFixture[str]) -> None:
    assert make_console().width == 1000
    make_console(stderr=True).print("to standard error")
    assert capsys.readouterr().err == "to standard error\n"
