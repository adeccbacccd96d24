"""`rush-hour report`: result files as a page, a text, Markdown, comma-separated values, or in their present form."""

import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from rush_hour.commands import result_options
from rush_hour.commands.showing import STANDARD_OUTPUT, check_target, put, result_file, text_of
from rush_hour.errors import UsageError
from rush_hour.report.figures_csv import figures_csv
from rush_hour.report.harmless import harmless
from rush_hour.report.markdown import markdown
from rush_hour.report.page_file import PAGE_NAME, page
from rush_hour.report.result_directory import RESULT_NAME
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.report.terminal.remarks import answer_lines
from rush_hour.results.document import Document
from rush_hour.results.file import encode_document, read_document

Format = Literal["html", "text", "markdown", "csv", "json"]


def report(
    *files: Annotated[Path, result_options.RESULT_FILES],
    form: Annotated[Format | None, result_options.FORMAT] = None,
    output: Annotated[Path | None, result_options.REPORT_FILE] = None,
    opens: Annotated[bool, result_options.OPEN] = False,
) -> int:
    """Show results: a page beside them, or with --format a text, Markdown or figures."""
    paths = [result_file(path) for path in files]
    if not paths:
        raise UsageError("FILE: expected a result file, or the directory of a bench; got none.")
    target = _target(paths, form, output)
    _check(paths, form, target, opens=opens)
    documents = [read_document(path) for path in paths]
    if form == "text" and target == STANDARD_OUTPUT:
        make_console().print(documents_report(documents))
        return 0
    text = _WRITERS[form or "html"](documents)
    put(text, target)
    if form is None and target != STANDARD_OUTPUT:
        console = make_console()
        console.print(answer_lines([harmless(document) for document in documents]))
        console.print(f"\npage: {target}", soft_wrap=True)
    if opens:
        _open(target)
    return 0


def _target(paths: Sequence[Path], form: Format | None, output: Path | None) -> Path:
    """Return where to write: what was said, or for a page beside the first result, for others standard output."""
    if output is not None:
        return output
    if form not in {None, "html"}:
        return STANDARD_OUTPUT
    return paths[0].with_name(PAGE_NAME) if paths[0].name == RESULT_NAME else paths[0].with_suffix(".html")


def _check(paths: Sequence[Path], form: Format | None, target: Path, *, opens: bool) -> None:
    """Refuse what cannot be done, before anything is read.

    Raises:
        UsageError: the options do not go together, or the file cannot be written.
    """
    if form == "json" and len(paths) != 1:
        raise UsageError(f"--format: expected one FILE for json, got {len(paths)}.")
    if opens and (form not in {None, "html"} or target == STANDARD_OUTPUT):
        raise UsageError("--open: expected a page in a file; leave out --format and -o, or name a file.")
    check_target(target, paths)


_WRITERS: dict[Format, Callable[[Sequence[Document]], str]] = {
    "html": page,
    "text": lambda documents: text_of(documents_report(documents)),
    "markdown": markdown,
    "csv": figures_csv,
    "json": lambda documents: encode_document(documents[0]).decode(),
}


def _open(path: Path) -> None:
    """Show a page in the user's browser; where there is none, say so."""
    if not webbrowser.open(path.resolve().as_uri()):
        make_console(stderr=True).print(f"no browser was found: open {path} in one", soft_wrap=True)
