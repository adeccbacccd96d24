"""Histories as GitHub's Markdown."""

from collections.abc import Iterator, Sequence

from rush_hour.judge.history.history import History
from rush_hour.judge.history.sentence import answer_of_histories
from rush_hour.report.history.columns import change_columns, document_columns, figure_columns, heading_of
from rush_hour.report.markdown import plain, table_lines, within_limit


def histories_markdown(histories: Sequence[History], notes: Sequence[str]) -> str:
    """Return histories as Markdown."""
    return within_limit(_lines(histories, notes))


def _lines(histories: Sequence[History], notes: Sequence[str]) -> Iterator[str]:
    yield f"**{plain(answer_of_histories(histories))}**"
    for history in histories:
        yield from ("", f"### {plain(heading_of(history))}", "", plain(history.series.conditions))
        yield from table_lines(figure_columns(history))
        if history.changes:
            yield from table_lines(change_columns(history))
        yield from table_lines(document_columns(history))
    if notes:
        yield ""
    yield from (f"- {plain(note)}" for note in notes)
