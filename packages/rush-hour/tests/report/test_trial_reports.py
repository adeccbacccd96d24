import io
from dataclasses import replace

import pytest
from rich.console import Console
from trial_documents import trial_document

from rush_hour.judge.answer.answer import answer_of
from rush_hour.judge.answer.trial import judged, rank_text, rate_text
from rush_hour.report.markdown import markdown
from rush_hour.report.page.page import render_page
from rush_hour.report.page.rankings import rankings_of
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import Document
from rush_hour.results.run import LoadResult, PlanFacts


@pytest.fixture
def document(plan: PlanFacts, result: LoadResult) -> Document:
    return trial_document(plan, result)


def text_of(document: Document) -> str:
    console = Console(file=io.StringIO(), width=200, no_color=True, highlight=False, markup=False, emoji=False)
    console.print(documents_report([document]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_answer_names_the_best_and_who_cannot_be_told_apart_from_it(document: Document) -> None:
    assert answer_of([document]) == (
        "Granian (2 workers) holds most: 2,000/s (1,800–2,200) with p99 < 250ms. "
        "Not to be told apart from it: uvicorn (2 workers)."
    )


def test_of_many_ties_the_first_are_named(document: Document) -> None:
    assert document.trial is not None
    best, tie, *_ = document.trial.contenders
    ties = [replace(tie, title=title, workers=None) for title in ("A", "B", "C", "D", "E")]

    assert answer_of([replace(document, trial=replace(document.trial, contenders=[best, *ties]))]).endswith(
        "Not to be told apart from it: A, B, C and 2 more."
    )


def test_where_none_meets_the_objective_that_is_said(document: Document) -> None:
    assert document.trial is not None
    none = replace(document, trial=replace(document.trial, contenders=document.trial.contenders[2:]))

    assert answer_of([none]) == "app:app: no server was found that meets p99 < 250ms."


def test_ranks_are_ranges_where_there_are_ties(document: Document) -> None:
    assert document.trial is not None
    best, _, bad, _ = document.trial.contenders

    assert (rank_text(best), rank_text(bad)) == ("1–2", "-")
    assert rate_text(replace(best, high_per_s=None)) == "at least 2,000/s"


def test_only_the_best_speaks_for_the_trust_in_a_trial(document: Document) -> None:
    assert [system.name for system in judged(document).systems] == ["granian"]
    assert judged(replace(document, trial=None)).systems == document.systems


def test_the_terminal_has_the_command_to_paste_the_ranking_and_what_is_out(document: Document) -> None:
    lines = [line.rstrip() for line in text_of(document).splitlines()]

    assert lines[3] == "granian app:app"
    assert "2 cores (x), 1.5 of them by quota, 1.00 GiB" in lines
    row = " ".join(line for line in lines if line.startswith("Granian (2 workers)  "))
    assert row.split()[3:7] == ["1–2", "2,000", "1,800", "2,200"]
    assert "12 of 6,000" in row
    assert "60 %" in row
    assert lines[-8:] == [
        "! Hypercorn (2 workers): no rate meets the objective; at the most 80/s were answered well.",
        "! Daphne: daphne ended.",
        "    last line",
        "! Granian (2 workers): the server's CPU is full, where the objective begins to be missed.",
        "! uvicorn (2 workers): took 12 s to start.",
        "",
        "Not installed, and not tried:",
        "  Gunicorn: pip install gunicorn",
    ]


def test_markdown_has_the_same(document: Document) -> None:
    text = markdown([document])

    assert text.startswith("**Granian (2 workers) holds most: 2,000/s (1,800–2,200) with p99 &lt; 250ms.")
    assert "| Granian (2 workers) | 1–2 | 2,000 | 1,800 | 2,200 |" in text
    assert "- **Daphne**: daphne ended.<br>last line" in text
    assert "- **Gunicorn**: not installed: pip install gunicorn" in text


def test_the_page_draws_each_interval_on_one_axis(document: Document) -> None:
    [ranking] = rankings_of([document])

    assert (ranking.command, ranking.end) == ("granian app:app", "2,200")
    first = ranking.rows[0]
    assert (first.low_percent, first.rate_percent, first.high_percent) == (81.82, 90.91, 100.0)
    html = render_page([document])
    assert '<section id="ranking"' in html
    assert "Granian (2 workers): 2,000/s (1,800–2,200)" in html
    assert "<code>pip install gunicorn</code>" in html
