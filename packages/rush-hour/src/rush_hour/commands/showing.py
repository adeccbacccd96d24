"""Results, shown: on standard output or in a file, and where the files of a command are."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, RenderableType

from rush_hour.errors import UsageError
from rush_hour.output_file import check_writable, write_output
from rush_hour.report.page_file import PAGE_NAME
from rush_hour.report.result_directory import RESULT_NAME, ResultDirectory
from rush_hour.report.terminal.console import WIDE, make_console
from rush_hour.report.terminal.document_report import documents_report

STANDARD_OUTPUT = Path("-")


def result_file(path: Path) -> Path:
    """Return the result file that is meant by itself, or by the directory of a bench."""
    return path / RESULT_NAME if path.is_dir() else path


def check_target(target: Path, sources: Sequence[Path]) -> None:
    """Refuse a file that cannot be written, or that something is to be read from.

    Args:
        target: where to write.
        sources: what is read.

    Raises:
        UsageError: it is one of them, or cannot be written.
    """
    if target == STANDARD_OUTPUT:
        return
    if any(target.resolve() == source.resolve() for source in sources):
        raise UsageError(f"--output: expected another file than the result itself, got {str(target)!r}.")
    check_writable(target)


def put(text: str, target: Path) -> None:
    """Write a text to a file, or to standard output.

    Raises:
        OutputLost: it could not be written.
    """
    if target == STANDARD_OUTPUT:
        sys.stdout.write(text)
    else:
        write_output(target, text.encode())


def text_of(report: RenderableType) -> str:
    """Return a report as plain text in long lines."""
    console = Console(file=io.StringIO(), width=WIDE, no_color=True, highlight=False, markup=False, emoji=False)
    console.print(report)
    assert isinstance(console.file, io.StringIO), "it was made above"
    return console.file.getvalue()


def show_results(results: ResultDirectory) -> None:
    """Print what was found out, and where it is; nothing before the first system is finished."""
    document = results.document
    if document is None or not document.systems:
        return
    console = make_console()
    console.print(documents_report([document]))
    places = {"page": PAGE_NAME, "result": RESULT_NAME, "logs": "logs"}
    console.print("\n" + "; ".join(f"{what}: {results.path / name}" for what, name in places.items()), soft_wrap=True)
