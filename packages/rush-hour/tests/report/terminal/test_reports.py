"""What a person sees, at several widths: nothing is cut, columns are aligned, colours are for terminals."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from made_systems import Maker, load, system
from profiled_runs import profiled_run
from rich.console import Console, RenderableType

from rush_hour.core.figures import DurationSummary
from rush_hour.judge.remarks.document_trust import trust_of
from rush_hour.report.terminal.bench_report import bench_report
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.load_summary import load_report, load_summary
from rush_hour.report.terminal.remarks import trust_line
from rush_hour.report.terminal.seconds import second_line, second_table
from rush_hour.results.document import Document, MachineFacts, SuiteFacts, System, SystemFigures
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import Doubt, LoadResult, PlanFacts, RequestFigures, Run, Verdict

SHARED = Doubt(code="shared-cores", message="the cores were shared.", hint="Use another machine.")
MISSED = Doubt(code="rate-missed", message="9 of 10 were sent.", hint="Lower the rate.")
FAULTY = Doubt(code="errors-above-limit", message="half was bad.", hint="Compare goodput.")
SATURATED = Doubt(code="generator-saturated", message="the generator was busy.", hint="Use more processes.")
FIGURES = SystemFigures(
    name="good-one", rate_per_s=4000.0, requests_per_s=3992.7, goodput_per_s=555.3, bad_ratio=0.861,
    mean_us=121_080.0, max_us=2.66e6,
)  # fmt: skip


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


def bench(*systems: System, published: Sequence[SystemFigures] = ()) -> Document:
    return Document(
        schema_version=2,
        kind="bench",
        started_at="2026-03-04T05:06:07+00:00",
        suite=SuiteFacts(
            name="s",
            title="All of them",
            path="s.toml",
            workers=16,
            rules=["The same query."],
            published=list(published),
        ),
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


ANSWER = """\
good-one holds 1,000/s with 99.9 % within 1.00 ms; half answers 140/s well: 86 % of the answers were bad; silent \
answers nothing well. The figures of doubtful cannot be trusted; dead failed; absent cannot run here.
Do not trust the figures of doubtful: the load generator was the bottleneck. The others can be trusted.
"""
RESULTS = """\
                                                         bad     p50     p90     p99     max
system    verdict        good/s  of offered  over time     %      ms      ms      ms      ms
good-one  holds           1,000  ━━━━━━━━    ▇▇▇▇▇▇▇▇    0.0    1.00    1.00    1.00    1.00
half      does not hold     140  ━·······    ▇▇▇▇▇▇▇▇   86.1  121     121     121     121
doubtful  do not trust    1,000  ━━━━━━━━    ▇▇▇▇▇▇▇▇    0.0    1.00    1.00    1.00    1.00
silent    does not hold       0  ········    ▇▇▇▇▇▇▇▇      -    -       -       -       -
absent    unavailable         -  -           -             -    -       -       -       -
dead      failed              -  -           -             -    -       -       -       -
"""
COSTS = """\
                                                 peak
          server   proxy  database  generator  memory
system    CPU µs  CPU µs    CPU µs     CPU µs     MiB
good-one     125      50       200      1,234     345
half         896       -         -      8,849     345
doubtful     125       -         -      1,234     345
silent         -       -         -          -     345
absent         -       -         -          -       -
dead           -       -         -          -       -
"""


def test_the_report_of_a_bench_has_its_answer_first_and_then_what_and_where_and_how_each_did(
    systems: list[System],
) -> None:
    report = text_of(bench_report(bench(*systems)), 1000)

    assert report.startswith(
        ANSWER + "\n"
        "All of them\n"
        "1,000/s on 100 connections for 10 s\n"
        "2 cores (Fast CPU), 8.00 GiB\n"
        "Linux 6.1.0, rush-hour 1.0, nginx 1.31\n"
        "The same query.\n"
        "\n" + RESULTS + "Latency counts from when each request was due, and is of good answers.\n"
        "\n" + COSTS + "CPU: of all the role's processes, for each good answer. Peak memory: "
    )


def test_columns_in_which_there_is_nothing_are_left_out(ok: System) -> None:
    plain = [changed(ok, name="a"), changed(ok, name="b")]
    without_resources = replace(ok, runs=[replace(run, resources=None) for run in ok.runs])

    report = text_of(bench_report(bench(*plain)))

    assert [line.split() for line in report.splitlines() if line.startswith("system ")] == [
        ["system", "verdict", "good/s", "of", "offered", "over", "time", "ms", "ms", "ms", "ms"],
        ["system", "CPU", "µs", "CPU", "µs", "MiB"],
    ]
    assert "peak" not in text_of(bench_report(bench(without_resources)))


def test_of_several_runs_the_one_of_the_median_goodput_is_in_the_table(ok: System) -> None:
    [run] = ok.runs
    runs = [replace(run, result=replace(run.result, goodput_per_s=per_s)) for per_s in (700.0, 500.0, 600.0)]

    assert re.search(r"^good-one +holds +600 ", text_of(bench_report(bench(replace(ok, runs=runs)))), re.MULTILINE)


def test_below_the_tables_stands_what_they_have_no_room_for(ok: System, systems: list[System]) -> None:
    error = ExplainedError(role="proxy", program="nginx", count=8, what="it was reset", sign="104", advice="Raise it.")
    with_note = replace(
        ok, name="noted", notes=["port 80 was taken: 81 was used."],
        runs=[replace(run, explained_errors=[error]) for run in ok.runs],
    )  # fmt: skip

    report = text_of(bench_report(bench(with_note, *systems)))

    assert report[report.index("\n\n! ") :] == (
        "\n\n"
        "! doubtful: the generator was busy.\n"
        "  Use more processes.\n"
        "! half: 9 of 10 were sent.\n"
        "  Lower the rate.\n"
        "! half, silent: half was bad.\n"
        "  Compare goodput.\n"
        "! noted: nginx, 8 times: it was reset (104).\n"
        "  Raise it.\n"
        "! half: p99 is 121 ms from when requests were due, and 900 µs from when they were sent: most of it is waiting "
        "for a connection that still waited for an earlier answer, which took up to 900 µs.\n"
        "! noted: port 80 was taken: 81 was used.\n"
        "! absent: no compiler. Install one.\n"
        "! dead: the server ended.\n"
        "  [/last] line of its log\n"
        "! noted, good-one, half: the cores were shared.\n"
        "  Use another machine."
    )


def test_a_system_that_was_cut_short_is_told_as_that_once(ok: System) -> None:
    doubt = Doubt(code="interrupted", message="interrupted after 3.0 of 10 s.", hint="Compare it with nothing.")
    short = changed(ok, doubt, name="short")
    assert short.run is not None
    run = replace(short.run, is_interrupted=True)
    cut_short = replace(short, status="interrupted", reason=doubt.message, runs=[run])

    report = text_of(bench_report(bench(cut_short)))

    assert re.search(r"^short +interrupted +1,000 ", report, re.MULTILINE)
    assert report.count("interrupted after 3.0 of 10 s.") == 1


def test_a_bench_in_which_nothing_ran_has_no_load_to_tell_of(systems: list[System]) -> None:
    report = text_of(bench_report(bench(*systems[4:])))

    assert report.splitlines()[:10] == [
        "Dead failed; Absent cannot run here.",
        "Nothing was measured.",
        "",
        "All of them",
        "2 cores (Fast CPU), 8.00 GiB",
        "Linux 6.1.0, rush-hour 1.0, nginx 1.31",
        "The same query.",
        "",
        "system  verdict",
        "absent  unavailable",
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
    narrow = text_of(bench_report(bench(*systems)), width)

    assert "…" not in narrow
    tables = tables_in(narrow)
    assert all(len(line) <= width for line in narrow.splitlines())
    results, costs = (table.splitlines() for table in (RESULTS, COSTS))
    for row in range(7):
        parts = [cells(table[row]) for table in tables]
        [name] = {part[0] for part in parts}
        assert name == cells(results[row + 1])[0]
        assert [cell for part in parts for cell in part[1:]] == cells(results[row + 1])[1:] + cells(costs[row + 2])[1:]


def points(line: str) -> list[int]:
    """Return where the whole parts of a line's figures end."""
    return [match.end() for match in re.finditer(r"(?<![\w.])\d[\d,]*", line)]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_decimal_points_are_below_each_other(systems: list[System], width: int) -> None:
    for table in tables_in(text_of(bench_report(bench(*systems[:3])), width)):
        rows = [points(line) for line in table[1:4]]
        assert all(len(row) == len(rows[0]) for row in rows) or "-" in "".join(table[1:4])
        assert all(set(row) <= set(rows[0]) for row in rows)


COMPARISON = """\
published against measured
system      rate/s  answers/s  good/s  bad %  mean ms    max ms
good-one     4,000      3,993     555   86.1   121     2,660
  measured   1,000      1,000   1,000    0.0     1.00      1.00
dead         4,000      3,993     555   86.1   121     2,660
  measured       -          -       -      -     -         -
silent       4,000      3,993     555   86.1   121     2,660
  measured   1,000          0       0    0.0     -         -"""


def test_published_figures_stand_above_the_measured_ones(systems: list[System]) -> None:
    [good, _, _, silent, _, dead] = systems
    published = [FIGURES, replace(FIGURES, name="dead"), replace(FIGURES, name="silent")]

    report = text_of(bench_report(bench(good, silent, dead, published=published)))

    table = report[report.index("published against") :]
    assert table == COMPARISON


SUMMARY = """\
http://127.0.0.1:8008/agents
1,000/s on 100 connections for 10 s, 2 processes

goodput       1,000.0/s   100.00% of the 10,000 requests due
each second               ▇▇▇▇▇▇▇▇▇▇
sent          1,000.0/s   10,000 requests
answers          10,000   200: 10,000
errors                0
unanswered            0
read            977 KiB   97.7 KiB/s
generator      38.1 MiB   5% of a core in the busiest process

in ms                        p50     p90     p99   p99.9     max
latency (from due)         1.00    1.00    1.00    1.00    1.00
service time (from sent)   0.900   0.900   0.900   0.900   0.900
send lag                   0.020   0.020   0.020   0.020   0.020"""


def loaded(run: Run) -> Document:
    system = System(name=run.plan.url, title=run.plan.url, status="ok", runs=[run])
    return Document(schema_version=2, kind="load", systems=[system])


def test_the_report_of_a_load_has_its_answer_first(plan: PlanFacts, result: LoadResult) -> None:
    assert text_of(load_report(loaded(Run(plan=plan, result=result, verdict=Verdict(trusted=True))))) == (
        "http://127.0.0.1:8008/agents holds 1,000/s: 99.9 % of the answers within 1.00 ms of when they were due.\n"
        "These figures can be trusted.\n\n" + SUMMARY
    )


@pytest.mark.parametrize("width", [40, 60, 80])
def test_at_any_width_no_figure_of_a_load_is_cut(plan: PlanFacts, result: LoadResult, width: int) -> None:
    large = replace(
        result, requests_due=12_345_678, goodput_per_s=1_234_567.8, responses_by_status={"200": 7_654_321},
        errors={"read:ECONNRESET": 1_234_567}, latency_us=summary_of(12_345_678, 9),
        latency_bad_us=summary_of(987_654, 9),
    )  # fmt: skip

    lines = text_of(load_report(loaded(Run(plan=plan, result=large, verdict=Verdict(trusted=True)))), width)

    assert "…" not in lines
    assert all(len(line) <= width for line in lines.splitlines())
    for figure in ("1,234,567.8/s", "0.08% of the 12,345,678 requests due", "200: 7,654,321", "97.7 KiB/s"):
        assert figure in lines
    assert lines.count("12,346") == lines.count("988") == 5


@pytest.mark.parametrize("width", [40, 80])
def test_at_any_width_no_figure_of_a_second_is_cut(result: LoadResult, width: int) -> None:
    row = replace(result.timeline[0], sent=1_234_567, p50_us=123_456, p99_us=1_234_567, send_lag_p99_us=12_345)

    lines = text_of(second_table([row]), width)

    assert "…" not in lines
    assert all(len(line) <= width for line in lines.splitlines())
    assert all(figure in lines for figure in ("1,234,567", "123", "1,235", "12.3"))


def test_the_report_of_a_load_names_bad_answers_and_errors_and_what_to_do(plan: PlanFacts, result: LoadResult) -> None:
    half = replace(
        result, responses_total=9000, responses_good=5000, responses_by_status={"200": 6000, "502": 3000},
        errors={"read:EOF": 900, "timeout": 50}, unanswered_at_end=50, latency_bad_us=summary_of(500, 4000),
    )  # fmt: skip
    verdict = Verdict(trusted=False, warnings=[SATURATED, SHARED])

    lines = text_of(load_report(loaded(Run(plan=replace(plan, processes=1), result=half, verdict=verdict))))

    assert lines.startswith(
        "What http://127.0.0.1:8008/agents holds is not known: its figures cannot be trusted.\n"
        "Do not trust these figures: the load generator was the bottleneck.\n"
    )
    assert "for 10 s, 1 process\n" in lines
    assert "\ngoodput       1,000.0/s   50.00% of the 10,000 requests due\n" in lines
    assert "\nanswers           9,000   200: 6,000, 502: 3,000\n" in lines
    assert "\nbad answers       4,000\n" in lines
    assert "\nerrors              950   read:EOF: 900, timeout: 50\n" in lines
    assert "\nbad answers                0.500   0.500   0.500   0.500   0.500\n" in lines
    assert lines.endswith(
        "! the generator was busy.\n  Use more processes.\n! the cores were shared.\n  Use another machine."
    )


def test_a_run_without_any_answer_has_no_durations(plan: PlanFacts, result: LoadResult) -> None:
    nothing = replace(result, requests_due=0, latency_us=None, service_time_us=None, send_lag_us=None, timeline=[])

    lines = text_of(load_summary(Run(plan=plan, result=nothing, verdict=Verdict(trusted=True))))

    assert "each second" not in lines
    assert lines.endswith("of a core in the busiest process")


def test_what_is_long_hangs_below_its_beginning(plan: PlanFacts, result: LoadResult) -> None:
    verdict = Verdict(trusted=True, warnings=[Doubt(code="x", message="seen " * 12, hint="do " * 20)])

    lines = text_of(load_report(loaded(Run(plan=plan, result=result, verdict=verdict))), 40)

    assert lines[lines.index("\n! ") :] == (
        "\n! seen seen seen seen seen seen seen\n  seen seen seen seen seen"
        "\n  do do do do do do do do do do do do do\n  do do do do do do do"
    )


def test_a_second_is_a_line_with_what_went_wrong(result: LoadResult) -> None:
    row = result.timeline[2]

    assert second_line(row).plain == "1,000 good/s, p50 1.00 ms, p99 1.00 ms"
    faulty = second_line(replace(row, bad=2, failed=3))
    assert faulty.plain == "1,000 good/s, 5 bad, p50 1.00 ms, p99 1.00 ms"
    assert [faulty.plain[span.start : span.end] for span in faulty.spans if span.style == "red"] == ["5 bad"]
    assert second_line(replace(row, good=0, p50_us=None, p99_us=None)).plain == "0 good/s"


def printed(capsys: pytest.CaptureFixture[str], renderables: Sequence[RenderableType]) -> str:
    make_console().print(*renderables)
    return capsys.readouterr().out


def test_colours_are_for_terminals_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, ok: System
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    verdict = [trust_line(trust_of([ok]))]
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


def test_the_phases_of_a_load_stand_below_its_durations(make: Maker) -> None:
    run = profiled_run(make, "ramp:100..2000/10s", (10_000,))

    assert text_of(load_report(load(run)), width=80).endswith(
        """\

phase           offered     due  good/s  not good  p50 ms  p99 ms  max ms
ramp   100/s to 2,000/s  10,500   1,000       500   0.500    2.00    12.0"""
    )


def test_the_phases_of_each_system_stand_below_its_name(make: Maker) -> None:
    runs = [profiled_run(make, "steps:100,500/4s", (400, good)) for good in (2000, 1500)]
    shown = text_of(bench_report(bench(system("a", runs[0]), system("b", runs[1]))), width=80)

    assert (
        """
a, phases
phase   offered    due  good/s  not good  p50 ms  p99 ms  max ms
step 1    100/s    400     100         0   0.500    2.00    12.0
step 2    500/s  2,000     500         0   0.500    2.00    12.0

b, phases
phase   offered    due  good/s  not good  p50 ms  p99 ms  max ms
step 1    100/s    400     100         0   0.500    2.00    12.0
step 2    500/s  2,000     375       500   0.500    2.00    12.0"""
        in shown
    )


def test_a_phase_without_good_answers_has_no_latencies(make: Maker) -> None:
    shown = text_of(load_report(load(profiled_run(make, "steps:100,500/4s", (400, 0)))), width=80)

    assert "\nstep 2    500/s  2,000       0     2,000   -        -        -" in shown


def named_run(make: Maker) -> Run:
    """A run of two requests with names."""
    run = make.run()
    summary = run.result.latency_us
    requests = [
        RequestFigures(name="list", sent=9000, good=9000, bad=0, failed=0, latency_us=summary, histogram_us=None),
        RequestFigures(name="add one", sent=1000, good=0, bad=990, failed=10, latency_us=None, histogram_us=None),
    ]
    return replace(run, result=replace(run.result, requests=requests))


def test_named_requests_have_their_figures(make: Maker) -> None:
    table = """\
request   sent   good  bad  failed  p50 ms  p99 ms  max ms
list     9,000  9,000    0       0    1.00    1.00    1.00
add one  1,000      0  990      10    -       -       -"""

    assert f"\n\n{table}" in text_of(load_report(load(named_run(make))), width=80)
    assert f"\n\na, requests\n{table}" in text_of(bench_report(bench(system("a", named_run(make)))), width=80)
