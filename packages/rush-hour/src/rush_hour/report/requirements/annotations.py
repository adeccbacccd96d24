"""Annotations of GitHub Actions: one for each requirement that is not met, or of which it cannot be told.

GitHub shows ten of each kind for a step, those that come first. So there are at most ten, the worst first, and the last
one says how many more there are. Texts are escaped as its runner reads them:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from rush_hour.judge.require.finding import Check, Finding
from rush_hour.units import format_count

MOST = 10
_OF_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_OF_PROPERTY = {**_OF_TEXT, ":": "%3A", ",": "%2C"}


def annotations(check: Check) -> list[str]:
    """Return the lines that make the annotations."""
    found = check.of("not met", "no data", "cannot tell")
    if len(found) <= MOST:
        return [_annotation(one) for one in found]
    shown = found[: MOST - 1]
    more = f"{format_count(len(found) - len(shown))} more requirements are not met, or it cannot be told"
    return [*(_annotation(one) for one in shown), _command(_kind(found[len(shown)]), "And more", more)]


def _annotation(finding: Finding) -> str:
    title = {"not met": "Not met", "no data": "No data", "cannot tell": "Cannot tell"}[finding.state]
    return _command(_kind(finding), f"{title}: {finding.clause.text}", finding.sentence(names_system=True))


def _kind(finding: Finding) -> str:
    return "warning" if finding.state == "cannot tell" else "error"


def _command(kind: str, title: str, text: str) -> str:
    return f"::{kind} title={_escaped(title, _OF_PROPERTY)}::{_escaped(text, _OF_TEXT)}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
