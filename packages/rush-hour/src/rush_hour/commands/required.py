"""What a command that measures requires of its result: shown after it, and its exit code."""

from rush_hour.exit_codes import NOT_MET, UNTRUSTED
from rush_hour.judge.compare.side import Named
from rush_hour.judge.require.check import check
from rush_hour.judge.require.finding import Check
from rush_hour.judge.require.requirements import parse_requirements
from rush_hour.report.harmless import harmless
from rush_hour.report.requirements.text import check_report
from rush_hour.report.terminal.console import make_console
from rush_hour.results.document import Document


def check_required(document: Document) -> Check | None:
    """Return what became of what a document was required to keep; None where nothing is required of its systems."""
    facts = document.require
    if facts is None:
        return None
    document = harmless(document)
    named = Named(text="", document=document)
    baseline = None if facts.baseline is None else Named(text="", document=document, system=facts.baseline)
    found = check(named, parse_requirements(facts, what="require"), baseline)
    return found if found.findings else None


def show_required(found: Check) -> None:
    """Print what became of it, below what was printed before."""
    console = make_console()
    console.print()
    console.print(check_report(found))


def worse_code(code: int, found: Check | None) -> int:
    """Return the exit code of a measurement of which something was required.

    What failed or could not be started comes first, then what is not met, then what cannot be told.
    """
    if found is None or code not in {0, UNTRUSTED}:
        return code
    return NOT_MET if found.exit_code == NOT_MET else max(code, found.exit_code)
