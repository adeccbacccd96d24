"""All remarks on a document, in the order in which every report has them. Pure."""

from dataclasses import dataclass
from typing import Literal

from rush_hour.judge.remarks.document_trust import trust
from rush_hour.judge.remarks.remarks import (
    Remark,
    changes_by_message,
    errors_by_message,
    notes_by_message,
    recoveries_by_message,
    tails_by_message,
)
from rush_hour.results.document import Document

Kind = Literal["distrust", "finding", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Remarks of one kind.

    Attributes:
        kind: why figures cannot be trusted, what is not as it should be with the servers, or what else is to be known.
    """

    kind: Kind
    remarks: list[Remark]


def sections(document: Document) -> list[Section]:
    """Return all remarks: first why figures cannot be trusted, then findings, then the rest."""
    systems, judged = document.systems, trust(document)
    cores = None if document.machine is None else document.machine.cores
    return [
        Section(kind="distrust", remarks=judged.reasons),
        Section(kind="finding", remarks=judged.findings),
        Section(kind="finding", remarks=errors_by_message(systems)),
        Section(kind="finding", remarks=tails_by_message(systems, cores=cores)),
        Section(kind="finding", remarks=recoveries_by_message(systems, "not-recovered")),
        Section(kind="note", remarks=recoveries_by_message(systems, "recovered", "unaffected", "unknown")),
        Section(kind="note", remarks=changes_by_message(systems)),
        Section(kind="note", remarks=notes_by_message(systems)),
        Section(kind="note", remarks=judged.cautions),
    ]
