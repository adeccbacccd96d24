"""Results that a command names: a file or the directory of a bench, and perhaps behind a colon a system of it."""

from pathlib import Path

from rush_hour.commands.showing import result_file
from rush_hour.errors import UsageError
from rush_hour.judge.compare.side import Named
from rush_hour.report.harmless import harmless
from rush_hour.results.document import Document
from rush_hour.results.file import read_document
from rush_hour.units import join_names


class NamedResults:
    """Reads what is named; a document that is named twice is one.

    Attributes:
        files: that were read, by the arguments and options that name them.
    """

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}
        self._documents: dict[Path, Document] = {}

    def read(self, text: str, *, what: str) -> Named:
        """Return what is named.

        Args:
            text: the path, perhaps with a system.
            what: the argument or option that it is.

        Raises:
            UsageError: it cannot be read, or has no such system.
        """
        path, system = _split(text)
        file = result_file(path)
        self.files[what] = file
        if file.resolve() not in self._documents:
            self._documents[file.resolve()] = harmless(read_document(file))
        document = self._documents[file.resolve()]
        named = Named(text=(path.name if path.is_dir() else path.stem) or text, document=document, system=system)
        if not document.systems:
            raise UsageError(f"{what}: expected a result with a system, got {path}, in which nothing was measured.")
        if not named.systems():
            names = [each.name for each in document.systems]
            raise UsageError(f"{what}: expected a system of {path} ({join_names(names, 'or')}), got {system!r}.")
        return named


def _split(text: str) -> tuple[Path, str | None]:
    """Return the path, and the name of a system behind it: the longest beginning that is there is the path."""
    if Path(text).exists():
        return Path(text), None
    ends = [at for at, character in enumerate(text) if character == ":"]
    for at in reversed(ends):
        if at and Path(text[:at]).exists():
            return Path(text[:at]), text[at + 1 :]
    return Path(text), None
