"""What tells documents apart. Pure."""

from collections.abc import Sequence

from rush_hour.results.document import Document

COMMIT_DIGITS = 8


def labels_of(documents: Sequence[Document]) -> list[str]:
    """Return what tells documents apart: labels, or commits, or else numbers."""
    for labels in (
        [document.label for document in documents],
        [None if document.commit is None else document.commit[:COMMIT_DIGITS] for document in documents],
    ):
        told = [label for label in labels if label]
        if len(set(told)) == len(documents):
            return told
    return [str(number) for number in range(1, len(documents) + 1)]
