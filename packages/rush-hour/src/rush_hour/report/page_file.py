"""The page as a file. What makes it is imported when there is one to make."""

from collections.abc import Sequence
from pathlib import Path

from rush_hour.judge.compare.compare import Comparison
from rush_hour.judge.history.history import History
from rush_hour.output_file import write_output
from rush_hour.results.document import Document

PAGE_NAME = "report.html"  # beside a `result.json`


def page(documents: Sequence[Document], comparisons: Sequence[Comparison] = ()) -> str:
    """Return the page of documents, and of comparisons of their systems."""
    from rush_hour.report.page.page import render_page  # noqa: PLC0415  # see above

    return render_page(documents, comparisons)


def history_page(histories: Sequence[History], notes: Sequence[str]) -> str:
    """Return the page of histories."""
    from rush_hour.report.page.history import render_history  # noqa: PLC0415  # see above

    return render_history(histories, notes)


def write_page(path: Path, documents: Sequence[Document]) -> None:
    """Write the page of documents; an earlier file is replaced.

    Raises:
        OutputLost: the file cannot be written.
    """
    write_output(path, page(documents).encode())
