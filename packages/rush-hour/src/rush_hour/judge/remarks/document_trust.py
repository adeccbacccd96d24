"""Trust in a whole document: one sentence, why not, and apart from that what was found out about the servers.

Pure: systems in, a judgement out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.judge.remarks.remarks import Remark, doubts_by_message
from rush_hour.results.document import Document, System
from rush_hour.units import join_names

NAMED = 3  # more systems than that are counted

# What ends trust, in a few words.
_BRIEFLY = {
    "other-load": "other programs used the machine",
    "generator-stalled": "the load generator itself stood still",
    "generator-faults": "this machine had not enough for the load",
    "generator-saturated": "the load generator was the bottleneck",
    "generator-late": "the load generator was late",
    "durations-lost": "durations are missing",
    "body-changes": "the body changes",
    "drift": "the capacity changed while it was searched for",
}
_FINDINGS = frozenset({"rate-missed", "connections-lost", "errors-above-limit"})  # about the server


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Trust in figures.

    Attributes:
        is_trusted: whether all of them can be trusted; there must be some.
        sentence: the same in words, with the reason of most that are not.
        reasons: why not, and what to do.
        cautions: what to know of the measurement besides; it does not end trust.
        findings: what is not as it should be on the side of the servers.
    """

    is_trusted: bool
    sentence: str
    reasons: list[Remark]
    cautions: list[Remark]
    findings: list[Remark]


def trust(document: Document) -> Trust:
    """Return whether a document's figures can be trusted."""
    return trust_of(document.systems)


def why_not(systems: Sequence[System]) -> str:
    """Return the reason of most systems that cannot be trusted, in a few words; empty where none is known."""
    return _why([remark for remark in doubts_by_message(systems) if remark.code in _BRIEFLY])


def _why(reasons: Sequence[Remark]) -> str:
    first = max(reasons, key=lambda remark: len(remark.systems), default=None)
    return "" if first is None else _BRIEFLY[first.code]


def trust_of(systems: Sequence[System]) -> Trust:
    """Return whether the figures of systems can be trusted."""
    remarks = doubts_by_message(systems)
    measured = [system.name for system in systems if system.runs]
    doubtful = [system.name for system in systems if any(not run.verdict.trusted for run in system.runs)]
    reasons = [remark for remark in remarks if remark.code in _BRIEFLY]
    return Trust(
        is_trusted=bool(measured) and not doubtful,
        sentence=_sentence(measured, doubtful, reasons),
        reasons=reasons,
        cautions=[remark for remark in remarks if remark.code not in _FINDINGS | _BRIEFLY.keys()],
        findings=[remark for remark in remarks if remark.code in _FINDINGS],
    )


def _sentence(measured: Sequence[str], doubtful: Sequence[str], reasons: Sequence[Remark]) -> str:
    if not measured:
        return "Nothing was measured."
    if not doubtful:
        return "These figures can be trusted."
    why = f": {_why(reasons)}" if reasons else ""
    if len(doubtful) == len(measured):
        return f"Do not trust these figures{why}."
    whose = join_names(doubtful) if len(doubtful) <= NAMED else f"{len(doubtful)} of {len(measured)} systems"
    return f"Do not trust the figures of {whose}{why}. The others can be trusted."
