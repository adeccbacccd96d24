"""`rush-hour check`: does a result keep what is required of it?"""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

from rush_hour.commands import result_options
from rush_hour.commands.check_options import CheckOutputOptions
from rush_hour.commands.named_files import files_of
from rush_hour.commands.named_results import NamedResults
from rush_hour.errors import OutputLost, UsageError
from rush_hour.judge.compare.pairs import is_paired
from rush_hour.judge.compare.side import Named
from rush_hour.judge.require.check import check as check_systems
from rush_hour.judge.require.finding import Check
from rush_hour.judge.require.requirements import Requirements, parse_requirements
from rush_hour.output_file import check_files, write_output
from rush_hour.report.requirements.annotations import annotations
from rush_hour.report.requirements.markdown import check_markdown
from rush_hour.report.requirements.text import check_report
from rush_hour.report.terminal.console import make_console
from rush_hour.results.document import Kind, RequireFacts

_UNFIT: dict[Kind, str] = {
    "capacity": "whose runs are of different loads",
    "try": "whose runs are of different loads",
    "import": "of which nothing but figures is known",
}
SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file of the job summary


def check(
    document: Annotated[str, result_options.CHECKED],
    /,
    *,
    require: Annotated[tuple[str, ...], result_options.REQUIRE] = (),
    baseline: Annotated[str | None, result_options.BASELINE] = None,
    output: CheckOutputOptions = CheckOutputOptions(),
) -> int:
    """Say of each requirement whether it is met, by how much it is not, or that it cannot be told."""
    results = NamedResults()
    named = _measured(results.read(document, what="DOCUMENT"), "DOCUMENT", document)
    facts = RequireFacts(all=list(require)) if require else named.document.require
    if facts is None:
        raise UsageError(
            "--require: expected an objective such as 'p99 < 100ms, good >= 99.9%'; got none, and the result has none "
            "of its own."
        )
    requirements = parse_requirements(facts, what="--require")
    beside = _baseline(results, baseline, named, facts, requirements)
    check_files(files_of(output), results.files)
    found = check_systems(named, requirements, beside)
    if not found.findings:
        raise UsageError(f"--require: expected a requirement of what is checked; there is none of {document}.")
    _print(found, is_github=output.github)
    lost = [*_write(output, found, named), *(_add_to_summary(found) if output.github else [])]
    if lost:
        raise OutputLost("\n".join(lost))
    return found.exit_code


def _measured(named: Named, what: str, text: str) -> Named:
    """Refuse a result whose runs are no repeats of one load.

    Raises:
        UsageError: it is such a result.
    """
    if named.document.kind in _UNFIT:
        article = "an" if named.document.kind == "import" else "a"
        raise UsageError(
            f"{what}: expected the result of a load or bench, got that of {article} {named.document.kind} ({text}), "
            f"{_UNFIT[named.document.kind]}."
        )
    return named


def _baseline(
    results: NamedResults, text: str | None, named: Named, facts: RequireFacts, requirements: Requirements
) -> Named | None:
    """Return what clauses with `baseline` compare with; None where each system has its own, or none needs one.

    Raises:
        UsageError: it is missing, is not needed, or is what is checked.
    """
    clause = next((clause for clause in requirements.clauses() if clause.is_of_baseline), None)
    if clause is None:
        if text is not None:
            raise UsageError(
                "--baseline: expected a requirement with it, such as 'p99 <= baseline * 1.05'; none speaks of it."
            )
        return None
    if text is None and facts.baseline is not None:
        return Named(text=facts.baseline, document=named.document, system=facts.baseline)
    if text is None and is_paired(named.document):
        return None
    if text is None:
        raise UsageError(f"--require: clause {clause.text!r}: expected --baseline with it, a result to compare with.")
    baseline = _measured(results.read(text, what="--baseline"), "--baseline", text)
    if baseline.document is named.document and baseline.system in {None, named.system}:
        raise UsageError(
            "--baseline: expected another result than DOCUMENT, or a system of it behind a colon; "
            f"got {text!r}, which is what is checked."
        )
    return baseline


def _print(found: Check, *, is_github: bool) -> None:
    if not is_github:
        make_console().print(check_report(found))
        return
    token = secrets.token_hex(16)  # between these two lines GitHub's runner obeys nothing, whatever a name says
    sys.stdout.write(f"::stop-commands::{token}\n")
    make_console().print(check_report(found))
    sys.stdout.write(f"::{token}::\n")
    sys.stdout.writelines(f"{line}\n" for line in annotations(found))


def _write(output: CheckOutputOptions, found: Check, named: Named) -> list[str]:
    """Write the files, each whatever becomes of the others, and return what was lost."""
    lost: list[str] = []
    sys.stdout.flush()  # a named pipe may have to wait
    for path, make in output.writers():
        try:
            write_output(path, make(found, named.document).encode())
        except OutputLost as error:
            lost.append(str(error))
    return lost


def _add_to_summary(found: Check) -> list[str]:
    """Add to the summary of the job, and return what was lost."""
    name = os.environ.get(SUMMARY)
    if not name:
        sys.stderr.write(f"rush-hour: --github: no job summary is written: {SUMMARY} does not name its file.\n")
        return []
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(check_markdown(found))
    except OSError as error:
        return [f"{name}: the job summary cannot be written: {error.strerror}."]
    return []
