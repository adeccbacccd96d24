"""Histories on the page: what the script draws, and that it stays small."""

from history_documents import days, latencies_us, points
from made_systems import Maker

from rush_hour.judge.history.history import History, histories_of
from rush_hour.judge.history.series import series_of
from rush_hour.report.page.histories import MOST_DOCUMENTS, history_figures, history_views
from rush_hour.report.page.history import render_history


def histories(make: Maker, *levels: tuple[int, int], name: str = "app") -> list[History]:
    made = points(days(make, latencies_us(*levels), name=name))
    return histories_of(series_of(made), margin_ratio=0.02, new_within=10)


def test_each_figure_is_drawn_with_its_levels_and_where_they_change(make: Maker) -> None:
    [drawn] = history_figures(histories(make, (30, 1000), (8, 1100)))

    p50 = drawn["lines"][1]
    assert (p50["name"], p50["heading"], p50["changes"]) == ("history-0-1", "p50", [30])
    assert len(p50["values"]) == len(p50["levels"]) == len(drawn["documents"]) == 38
    assert len(set(p50["levels"])) == 2
    assert drawn["documents"][30].startswith("2026-10-31 02:30 001e001e")


def test_of_a_long_history_the_newest_documents_are_drawn(make: Maker) -> None:
    made = histories(make, (330, 1000), (70, 1200))
    [drawn], [view] = history_figures(made), history_views(made)

    assert len(drawn["documents"]) == MOST_DOCUMENTS
    assert drawn["lines"][1]["changes"] == [MOST_DOCUMENTS - 70]
    assert "of each document, the newest 300 documents; the line is its level. 2" in view.plots[1].caption
    assert view.is_cut
    assert len(view.documents) == 101


def test_names_are_text_to_the_page(make: Maker) -> None:
    page = render_history(histories(make, (10, 1000), name="<app>"), ["a <note>"])

    assert "&lt;app&gt;" in page
    assert "a &lt;note&gt;" in page
    assert "<app>" not in page


def test_a_page_without_any_figure_says_so() -> None:
    assert "No document here has a figure that can be trusted." in render_history([], [])
