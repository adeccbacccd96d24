"""A check in a sentence or two. Pure: findings in, text out."""

from collections.abc import Sequence

from rush_hour.judge.require.finding import Check, Finding
from rush_hour.units import format_count


def answer_of_check(check: Check) -> str:
    """Return whether all requirements are met; else how many are not, and the worst of them."""
    number = len(check.findings)
    failed, untold = check.of("not met", "no data"), check.of("cannot tell")
    if not number:
        return "Nothing was measured: no requirement is met."
    if not failed and not untold:
        if number == 1:
            return f"The requirement is met: {_said(check, check.findings[0])}."
        return f"All {format_count(number)} requirements are met."
    parts = []
    if failed:
        parts.append(f"{_count(failed, number)} met: {_worst(check, failed)}.")
    if untold:
        parts.append(f"{_untold(untold, number)} cannot be told: {_worst(check, untold)}.")
    return " ".join(parts)


def _count(failed: Sequence[Finding], number: int) -> str:
    if number == 1:
        return "The requirement is not"
    if len(failed) == number:
        return f"None of {format_count(number)} requirements is"
    return f"{format_count(len(failed))} of {format_count(number)} requirements {_is(failed)} not"


def _untold(untold: Sequence[Finding], number: int) -> str:
    if number == 1:
        return "Whether the requirement is met"
    return f"Whether {format_count(len(untold))} of {format_count(number)} requirements {_is(untold)} met"


def _is(findings: Sequence[Finding]) -> str:
    return "is" if len(findings) == 1 else "are"


def _worst(check: Check, findings: Sequence[Finding]) -> str:
    """Return the worst of findings, which is the first, and how many more there are."""
    more = len(findings) - 1
    return _said(check, findings[0]) + (f", and {format_count(more)} more" if more else "")


def _said(check: Check, finding: Finding) -> str:
    return finding.sentence(names_system=len(check.systems) > 1)
