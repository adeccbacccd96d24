"""The options of `rush-hour check` that say where its findings go."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rush_hour.commands import result_options
from rush_hour.judge.require.finding import Check
from rush_hour.report.requirements.figures import bencher, benchmark_action, check_json
from rush_hour.report.requirements.junit import junit
from rush_hour.report.requirements.markdown import check_markdown
from rush_hour.results.document import Document


@Parameter(name="*", group="Output")
@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutputOptions:
    """Options of the output; what is found is printed whatever they are."""

    github: Annotated[bool, result_options.GITHUB] = False
    junit: Annotated[Path | None, result_options.JUNIT_FILE] = None
    markdown: Annotated[Path | None, result_options.MARKDOWN_FILE] = None
    json: Annotated[Path | None, result_options.CHECK_JSON_FILE] = None
    smaller: Annotated[Path | None, result_options.SMALLER_FILE] = None
    bigger: Annotated[Path | None, result_options.BIGGER_FILE] = None
    bencher: Annotated[Path | None, result_options.BENCHER_FILE] = None

    def writers(self) -> list[tuple[Path, Callable[[Check, Document], str]]]:
        """Return the files that are to be written, with what makes the text of each."""
        made: list[tuple[Path | None, Callable[[Check, Document], str]]] = [
            (self.junit, junit),
            (self.markdown, lambda check, _document: check_markdown(check)),
            (self.json, lambda check, _document: check_json(check)),
            (self.smaller, lambda check, _document: benchmark_action(check, is_higher_better=False)),
            (self.bigger, lambda check, _document: benchmark_action(check, is_higher_better=True)),
            (self.bencher, lambda check, _document: bencher(check)),
        ]
        return [(path, make) for path, make in made if path is not None]
