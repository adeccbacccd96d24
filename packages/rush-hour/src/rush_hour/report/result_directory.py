"""The results of a bench as they come: written after each system, and kept in memory for when the disk is full."""

from collections.abc import Callable
from pathlib import Path

from rush_hour.errors import OutputLost
from rush_hour.report.hlog import write_hlog
from rush_hour.results.document import Document
from rush_hour.results.file import write_document

RESULT_NAME = "result.json"


class ResultDirectory:
    """The document of a bench as it grows, and the directory that it is written to.

    Args:
        path: the directory, which is there.

    Attributes:
        document: the whole of it; None before there is any.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.document: Document | None = None
        self._lost: dict[str, str] = {}

    @property
    def lost(self) -> list[str]:
        """Files that could not be written and are missing now, a line for each."""
        return list(self._lost.values())

    def keep(self, document: Document) -> None:
        """Take the document as it is now, and write it with the histograms of its last system."""
        self.document = document
        self._try(RESULT_NAME, lambda path: write_document(path, document))
        if document.systems and (run := document.systems[-1].run) is not None:
            self._try(f"{document.systems[-1].name}.hlog", lambda path: write_hlog(path, run))

    def _try(self, name: str, write: Callable[[Path], None]) -> None:
        self._lost.pop(name, None)
        try:
            write(self.path / name)
        except OutputLost as error:
            self._lost[name] = str(error)
