"""The results of a bench as they come: written after each system, and kept in memory for when the disk is full."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rush_hour.errors import OutputLost
from rush_hour.report.hlog import write_hlog
from rush_hour.report.page_file import PAGE_NAME, write_page
from rush_hour.results.document import Document
from rush_hour.results.file import write_document
from rush_hour.results.run import Run

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
        self._written: set[str] = set()

    @property
    def lost(self) -> list[str]:
        """Files that could not be written and are missing now, a line for each."""
        return list(self._lost.values())

    def keep(self, document: Document) -> None:
        """Take the document as it is now, and write it with the histograms of its new runs, and its page."""
        self.document = document
        self._try(RESULT_NAME, lambda path: write_document(path, document))
        for name, run in _histograms(document).items():
            if name not in self._written:
                self._written.add(name)
                self._try(name, partial(write_hlog, run=run))
        if document.systems:
            self._try(PAGE_NAME, lambda path: write_page(path, [document]))

    def _try(self, name: str, write: Callable[[Path], None]) -> None:
        self._lost.pop(name, None)
        try:
            write(self.path / name)
        except OutputLost as error:
            self._lost[name] = str(error)


def _histograms(document: Document) -> dict[str, Run]:
    """Return the runs by the files of their histograms: one for each system, or with repeats one for each block."""
    return {
        f"{system.name}.hlog" if run.block is None else f"{system.name}-{run.block}.hlog": run
        for system in document.systems
        for run in system.runs
    }
