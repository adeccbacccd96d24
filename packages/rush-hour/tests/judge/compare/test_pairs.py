"""The pairs of a bench: what every report says of them first."""

from dataclasses import replace

from compared_systems import repeated
from made_systems import Maker, bench
from rich.console import Console

from rush_hour.judge.answer.answer import answer
from rush_hour.judge.compare.pairs import comparisons_of
from rush_hour.report.markdown import markdown
from rush_hour.report.page.page import render_page
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import Document


def paired(make: Maker) -> Document:
    base = repeated(make, "app@main", 1000, 1040, 1000)
    return bench(base, replace(repeated(make, "app", 1200, 1230, 1180), base="app@main"))


def test_what_is_here_is_compared_with_what_was(make: Maker) -> None:
    [comparison] = comparisons_of(paired(make))

    assert (comparison.first.name, comparison.second.name) == ("app@main", "app")
    assert comparison.basis == "blocks"


def test_each_report_says_it_first(make: Maker) -> None:
    document = paired(make)
    console = Console(width=1000, no_color=True, highlight=False)
    with console.capture() as captured:
        console.print(documents_report([document]))
    said = "app is slower than app@main: p50 +18.8 % ± 6.8 %, p99 "

    assert answer(document).startswith(said)
    assert captured.get().startswith(said)
    assert markdown([document]).startswith(
        "**app is slower than app@main: p50 +18.8 % ± 6.8 %".replace("@", "@<!-- -->")
    )
    for report in (captured.get(), markdown([document]), render_page([document])):
        assert "ratios are of one block" in report


def test_a_pair_of_which_one_is_missing_is_none(make: Maker) -> None:
    document = paired(make)

    assert comparisons_of(replace(document, systems=document.systems[1:])) == []
    assert comparisons_of(bench(repeated(make, "a", 1000), repeated(make, "b", 1000))) == []
