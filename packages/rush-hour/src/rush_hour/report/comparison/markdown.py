"""Comparisons as GitHub's Markdown."""

from collections.abc import Iterator, Sequence

from rush_hour.judge.compare.compare import Comparison
from rush_hour.judge.compare.sentence import answer_of_comparison
from rush_hour.report.markdown import comparison_lines, plain, within_limit


def comparisons_markdown(comparisons: Sequence[Comparison]) -> str:
    """Return comparisons as Markdown."""
    return within_limit(_lines(comparisons))


def _lines(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for number, comparison in enumerate(comparisons):
        if number:
            yield ""
        yield f"**{plain(answer_of_comparison(comparison))}**"
        yield from comparison_lines(comparison)
