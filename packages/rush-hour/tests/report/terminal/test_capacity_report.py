import io
from dataclasses import replace

from made_capacities import capacity
from made_systems import Maker
from rich.console import Console

from rush_hour.judge.search.connections import tried_again
from rush_hour.report.figures_csv import figures_csv
from rush_hour.report.markdown import markdown
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import Document


def text_of(*documents: Document) -> str:
    console = Console(file=io.StringIO(), width=160, markup=False, emoji=False, highlight=False)
    console.print(documents_report(documents))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_the_terminal_has_the_answer_the_knee_and_the_run_at_the_answer(make: Maker) -> None:
    assert text_of(capacity(make)).startswith(
        "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%, then the server's CPU is full.\n"
        "These figures can be trusted.\n"
        "\n"
        "One\n"
        "4 runs in 120 of 300 s, steps of 10 s and confirmations of 30 s; 20 connections\n"
        "confirmed for 30 s at 1,000/s, and missed at 110 % of it\n"
        "at the most 1,010/s were answered well, however late\n"
        "2 cores (Fast), 1.00 GiB\n"
        "Linux 6\n"
        "\n"
        "                                                   p50     p99  server  generator  connec-\n"
        "offered/s  objective  missed  good/s  of due        ms      ms     CPU        CPU    tions  for s\n"
        "      800  met        -          800  ━━━━━━━━    2.00    8.00    1.50       0.10      100     10\n"
        "    1,000  met        -        1,000  ━━━━━━━━    5.00   20.0     1.50       0.10      100     10\n"
        "    1,100  not met    p99      1,000  ━━━━━━━╸   87.5   350       1.50       0.10      100     10\n"
        "    1,200  not met    p99      1,000  ━━━━━━╸·  112     450       1.50       0.10      100     10\n"
        "Latency counts from when each request was due. CPU in cores, on average.\n"
        "\n"
        "at 1,000/s\n"
        "in ms"
    )


def test_a_run_without_a_verdict_is_the_generators_or_is_tried_again_with_more_connections(make: Maker) -> None:
    document = capacity(make)
    assert document.capacity is not None
    *others, last = document.capacity.steps
    late = replace(last, verdict="no verdict", why=["the load generator itself stood still for 0.1 s, and so on"])

    text = text_of(replace(document, capacity=replace(document.capacity, steps=[*others, late])))
    assert "    1,100  no verdict  generator   1,000  " in text
    busy = replace(late, why=[tried_again(10)])

    text = text_of(replace(document, capacity=replace(document.capacity, steps=[*others, busy])))
    assert "    1,100  no verdict  connections   1,000  " in text


def test_a_capacity_without_runs_has_a_report_all_the_same(make: Maker) -> None:
    nothing = capacity(
        make, runs=[], steps=[], rate_per_s=None, low_per_s=None, high_per_s=None, confirmed_per_s=None,
        saturation_per_s=None, ending="interrupted",
    )  # fmt: skip

    assert text_of(nothing).startswith("What it holds with p99 < 250ms, good >= 99.9% is not known")
    assert markdown([nothing]).startswith("**What it holds")
    assert figures_csv([nothing]).count("\n") == 2


def test_several_documents_have_an_answer_of_all(make: Maker) -> None:
    assert text_of(capacity(make), capacity(make, name="two")).startswith("one: 1,000/s (950–1,060) with")


def test_markdown_has_the_answer_and_the_knee(make: Maker) -> None:
    text = markdown([capacity(make)])

    assert text.startswith(
        "**1,000/s (950–1,060) with p99 &lt; 250ms, good &gt;= 99.9%, then the server's CPU is full.**"
    )
    assert "| 1,200 | not met | p99 | 1,000 |" in text


def test_csv_has_a_row_for_each_run_with_what_it_was_for(make: Maker) -> None:
    header, *rows = figures_csv([capacity(make)]).splitlines()

    names = header.split(",")
    assert len(rows) == 6
    assert names[11:19] == [
        "purpose", "objective_verdict", "objective_missed_by", "objective", "capacity_per_s", "capacity_low_per_s",
        "capacity_high_per_s", "capacity_at_least",
    ]  # fmt: skip
    assert ',confirm,met,,"p99 < 250ms, good >= 99.9%",1000.0,950.0,1060.0,false,' in rows[4]
