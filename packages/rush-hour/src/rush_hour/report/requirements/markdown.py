"""Checks as GitHub's Markdown, for job summaries and comments."""

from collections.abc import Iterator

from rush_hour.judge.require.finding import Check
from rush_hour.judge.require.sentence import answer_of_check
from rush_hour.report.markdown import plain, table_lines, within_limit
from rush_hour.report.requirements.columns import check_columns


def check_markdown(check: Check) -> str:
    """Return a check as Markdown, within what a job summary may have."""
    return within_limit(_lines(check))


def _lines(check: Check) -> Iterator[str]:
    yield f"**{plain(answer_of_check(check))}**"
    yield from table_lines(check_columns(check))
    if check.notes:
        yield ""
    for note in check.notes:
        yield f"- {plain(note)}"
