"""The answer and the trust, which come first, and the remarks, which come last: each said once, with what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from rush_hour.judge.answer.answer import answer_of
from rush_hour.judge.answer.trial import judged
from rush_hour.judge.remarks.document_trust import Trust, trust_of
from rush_hour.judge.remarks.remarks import Remark
from rush_hour.judge.remarks.sections import Kind, sections
from rush_hour.report.terminal.colours import BROKEN, DOES_NOT_HOLD, FAINT, HOLDS, STRONG
from rush_hour.results.document import Document

_COLOURS: dict[Kind, str] = {"distrust": BROKEN, "finding": DOES_NOT_HOLD, "note": ""}


def answer_lines(documents: Sequence[Document]) -> RenderableType:
    """Return what documents say, and whether it can be trusted."""
    said = Text(answer_of(documents), STRONG)
    measured = [document for document in documents if document.kind != "import"]
    if not measured:
        return said
    trust = trust_of([system for document in measured for system in judged(document).systems])
    return Group(said, trust_line(trust))


def trust_line(trust: Trust) -> Text:
    """Return whether figures can be trusted."""
    return Text(trust.sentence, HOLDS if trust.is_trusted else BROKEN)


def remark_lines(document: Document) -> Iterator[RenderableType]:
    """Yield what the figures do not say: why they cannot be trusted, then findings, then what else is to be known."""
    for section in sections(document):
        for remark in section.remarks:
            yield _lines_of(remark, _COLOURS[section.kind], names_systems=len(document.systems) > 1)


def _lines_of(remark: Remark, colour: str, *, names_systems: bool) -> RenderableType:
    message = Text.assemble((f"{remark.about}: " if names_systems else "", STRONG), remark.message)
    parts = [Hanging(Text("! ", colour), message)]
    if remark.hint:
        parts.append(Hanging(Text("  "), Text(remark.hint, FAINT)))
    return Group(*parts)


@dataclass(frozen=True, slots=True)
class Hanging:
    """A text behind a mark, whose further lines begin where the first one does."""

    mark: Text
    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield its lines."""
        width = max(1, options.max_width - self.mark.cell_len)
        for number, line in enumerate(self.text.wrap(console, width)):
            line.rstrip()
            yield Text.assemble(self.mark if number == 0 else " " * self.mark.cell_len, line)
