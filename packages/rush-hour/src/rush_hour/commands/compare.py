"""`rush-hour compare`: is one system faster than another, the same, or can it not be told?"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from rush_hour.commands import result_options
from rush_hour.commands.named_results import NamedResults
from rush_hour.commands.showing import STANDARD_OUTPUT, check_target, put, text_of
from rush_hour.errors import UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.judge.compare.compare import DEFAULT_MARGIN_RATIO, Comparison
from rush_hour.judge.compare.compare import compare as compare_sides
from rush_hour.judge.compare.side import Named, sides_of
from rush_hour.report.comparison.markdown import comparisons_markdown
from rush_hour.report.comparison.text import comparisons_report
from rush_hour.report.page_file import page
from rush_hour.report.terminal.console import make_console
from rush_hour.results.document import Document
from rush_hour.units import join_names

PAGE = Path("comparison.html")

Format = Literal["text", "markdown", "html"]


def compare(
    first: Annotated[str, result_options.COMPARED],
    second: Annotated[str, result_options.COMPARED],
    /,
    *,
    margin: Annotated[float, result_options.MARGIN] = DEFAULT_MARGIN_RATIO,
    form: Annotated[Format, result_options.COMPARISON_FORMAT] = "text",
    output: Annotated[Path | None, result_options.COMPARISON_FILE] = None,
) -> int:
    """Say whether SECOND is faster than FIRST, slower, or the same within a margin, or that it cannot be told."""
    target = output or (PAGE if form == "html" else STANDARD_OUTPUT)
    results = NamedResults()
    named = _read(results, first, second)
    check_target(target, list(results.files.values()))
    pairs = sides_of(*named)
    if not pairs:
        names = [join_names([system.name for system in one.document.systems]) for one in named]
        raise UsageError(f"SECOND: expected a system that FIRST has too ({names[0]}), got {names[1]}.")
    comparisons = compare_sides(pairs, margin)
    _show(comparisons, _documents(comparisons), form, target)
    return UNTRUSTED if all(one.obstacles for one in comparisons) else 0


def _read(results: NamedResults, first: str, second: str) -> tuple[Named, Named]:
    """Read both documents; one that both are of is one."""
    named = []
    for what, text in (("FIRST", first), ("SECOND", second)):
        one = results.read(text, what=what)
        if one.document.kind == "import":
            raise UsageError(
                f"{what}: expected a result of Rush Hour's own, got an import: its figures are of one run, and of what "
                "varies in it nothing is known; rush-hour report shows imports beside each other."
            )
        if one.document.capacity is not None:
            raise UsageError(
                f"{what}: expected the result of a load or bench, got that of a capacity ({text}), "
                "whose runs have different rates; compare the intervals that `rush-hour report` shows."
            )
        named.append(one)
    return named[0], named[1]


def _documents(comparisons: Sequence[Comparison]) -> list[Document]:
    """Return the documents that are compared, each once, with the compared systems alone."""
    compared: dict[int, tuple[Document, set[str]]] = {}
    for comparison in comparisons:
        for side in (comparison.first, comparison.second):
            compared.setdefault(id(side.document), (side.document, set()))[1].add(side.standing.system.name)
    return [
        replace(document, systems=[system for system in document.systems if system.name in names])
        for document, names in compared.values()
    ]


def _show(comparisons: Sequence[Comparison], documents: Sequence[Document], form: Format, target: Path) -> None:
    if form == "text" and target == STANDARD_OUTPUT:
        make_console().print(comparisons_report(comparisons))
        return
    text = {
        "text": lambda: text_of(comparisons_report(comparisons)),
        "markdown": lambda: comparisons_markdown(comparisons),
        "html": lambda: page(documents, comparisons),
    }[form]()
    put(text, target)
    if form == "html" and target != STANDARD_OUTPUT:
        console = make_console()
        console.print(comparisons_report(comparisons))
        console.print(f"\npage: {target}", soft_wrap=True)
