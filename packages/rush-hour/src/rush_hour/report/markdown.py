"""Documents as GitHub's Markdown, for job summaries and comments: answer, trust, tables, remarks.

What a server, suite or file said is text there and nothing else: no markup, no HTML, nobody's name that is notified.
A job summary may have 1 MiB, so a longer text ends where a line does, and says so.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from rush_hour.judge.answer.answer import answer_of
from rush_hour.judge.answer.standing import standing_of
from rush_hour.judge.answer.trial import command_of, judged, trial_lines
from rush_hour.judge.compare.compare import Comparison
from rush_hour.judge.compare.pairs import comparisons_of
from rush_hour.judge.remarks.document_trust import trust_of
from rush_hour.judge.remarks.remarks import Remark
from rush_hour.judge.remarks.sections import sections
from rush_hour.judge.search.knee import knee_rows, shown
from rush_hour.report.comparison.columns import basis_lines
from rush_hour.report.comparison.columns import comparison_columns as compared_columns
from rush_hour.report.conditions import machine_lines, offer_line
from rush_hour.report.harmless import harmless
from rush_hour.report.imported import imported_columns, imported_notes
from rush_hour.report.published import compare
from rush_hour.report.terminal.bench_columns import comparison_columns, cost_columns, result_columns
from rush_hour.report.terminal.capacity_report import capacity_lines, knee_columns
from rush_hour.report.terminal.load_summary import distribution_columns
from rush_hour.report.terminal.parts import part_tables
from rush_hour.report.terminal.tables import Column
from rush_hour.report.terminal.trial_report import ranking_columns, remark_texts
from rush_hour.results.capacity import Capacity
from rush_hour.results.document import Document
from rush_hour.results.trial import Trial

LIMIT_BYTES = 1_000_000
TEXT_CHARACTERS = 2_000  # of one text
LEFT_OUT = "\n*The rest is left out: GitHub shows no more. The result file has all of it.*\n"
_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_REFERENCE = re.compile(r"[@#](?=\w)|:(?=[\w+-]+:)")  # somebody's name, an issue, an emoji


def markdown(documents: Sequence[Document]) -> str:
    """Return documents as Markdown."""
    documents = [harmless(document) for document in documents]
    return within_limit(_lines(documents))


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line; of a long one the beginning."""
    text = text if len(text) <= TEXT_CHARACTERS else f"{text[:TEXT_CHARACTERS]}..."
    text = _REFERENCE.sub(r"\g<0><!-- -->", escape(_MARKUP.sub(r"\\\1", text), quote=False))
    return "<br>".join(line.strip() for line in text.splitlines())


def within_limit(lines: Iterator[str]) -> str:
    """Return lines as one text, of which too long a one ends where a line does, and says so."""
    limit_bytes = LIMIT_BYTES - len(LEFT_OUT)
    kept: list[str] = []
    size_bytes = 0
    for line in lines:
        size_bytes += len(line.encode()) + 1
        if size_bytes > limit_bytes:
            return "\n".join([*kept, LEFT_OUT])
        kept.append(line)
    return "\n".join([*kept, ""])


def _lines(documents: Sequence[Document]) -> Iterator[str]:
    trust = trust_of([system for document in documents for system in judged(shown(document)).systems])
    yield f"**{plain(answer_of(documents))}**"
    if any(document.kind != "import" for document in documents):
        yield ""
        yield plain(trust.sentence)
    for document in documents:
        yield from _imported(document) if document.kind == "import" else _document(document)


def _imported(document: Document) -> Iterator[str]:
    yield from table_lines(imported_columns([document]))
    yield ""
    yield from (f"- {plain(note)}" for note in imported_notes([document]))


def _document(document: Document) -> Iterator[str]:
    if document.capacity is not None:
        return _capacity(document, document.capacity)
    if document.trial is not None:
        return _trial(document, document.trial)
    return _measured(document)


def _measured(document: Document) -> Iterator[str]:
    standings = [standing_of(system) for system in document.systems]
    if document.suite is not None or document.label is not None:
        yield from ("", f"### {plain(document.label or (document.suite.title if document.suite is not None else ''))}")
    yield ""
    yield "<br>".join(plain(line) for line in (offer_line(standings), *machine_lines(document)) if line)
    for each in comparisons_of(document):
        yield from comparison_lines(each)
    yield from table_lines(result_columns(standings))
    costs = cost_columns(standings)
    if len(costs) > 1:
        yield from table_lines(costs)
    if document.kind == "load":
        for run in (run for system in document.systems for run in system.runs):
            yield from table_lines(distribution_columns(run.result))
    for standing in standings:
        for table in [] if standing.run is None else part_tables(standing.run):
            yield from ("", f"{table.heading.capitalize()} of {plain(standing.name)}:")
            yield from table_lines(table.columns)
    yield from _remarks(document)
    if comparison := compare(document):
        yield from ("", "Published against measured:")
        yield from table_lines(comparison_columns(comparison))


def _capacity(document: Document, found: Capacity) -> Iterator[str]:
    one, rows = shown(document), knee_rows(document)
    yield ""
    yield "<br>".join(plain(line) for line in (*capacity_lines(found), *machine_lines(document)))
    yield from table_lines(knee_columns(rows) if rows else [])
    for run in (run for system in one.systems for run in system.runs):
        yield from table_lines(distribution_columns(run.result))
    yield from _remarks(one)


def _trial(document: Document, trial: Trial) -> Iterator[str]:
    command = command_of(document)
    if command is not None:
        yield ""
        yield plain(command)
    yield ""
    yield "<br>".join(plain(line) for line in (*trial_lines(document), *machine_lines(document)))
    placed = [one for one in trial.contenders if one.place is not None]
    yield from table_lines(ranking_columns(document, placed) if placed else [])
    texts = [*remark_texts(document), *((one.title, f"not installed: {one.command}") for one in trial.missing)]
    if texts:
        yield ""
    for name, text in texts:
        yield f"- **{plain(name)}**: {plain(text)}"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the table of a comparison and what is to be known of it; nothing where it cannot be made."""
    if comparison.obstacles:
        return
    yield from table_lines(compared_columns(comparison))
    yield ""
    yield "<br>".join(plain(line) for line in basis_lines(comparison))
    if comparison.notes:
        yield ""
    for note in comparison.notes:
        yield f"- {plain(note)}"


def table_lines(columns: Sequence[Column]) -> Iterator[str]:
    """Yield a table, after an empty line; nothing without columns."""
    if not columns:
        return
    yield ""
    yield _row([column.heading for column in columns])
    yield _row(["--" if column.align == "left" else "--:" for column in columns], is_text=False)
    for row in range(len(columns[0].cells)):
        yield _row([str(column.cells[row]) for column in columns])


def _row(cells: Sequence[str], *, is_text: bool = True) -> str:
    shown = [plain(cell.replace("\n", " ").strip()) if is_text else cell for cell in cells]
    return f"| {' | '.join(shown)} |"


def _remarks(document: Document) -> Iterator[str]:
    remarks = [remark for section in sections(document) for remark in section.remarks]
    if remarks:
        yield ""
    for remark in remarks:
        yield _remark(remark, names_systems=len(document.systems) > 1)


def _remark(remark: Remark, *, names_systems: bool) -> str:
    about = f"**{plain(remark.about)}**: " if names_systems else ""
    return f"- {about}{plain(remark.message)}{f' *{plain(remark.hint)}*' if remark.hint else ''}"
