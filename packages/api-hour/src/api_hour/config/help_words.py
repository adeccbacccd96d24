"""The help of a command line in words: NUMBER and TEXT instead of types, and no default where it says nothing."""

import re
from typing import Any

from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel

_WORDS = {"INT": "NUMBER", "FLOAT": "NUMBER", "STR": "TEXT"}
_NOTHING = {"False", "()", "None"}


class HelpInWords(DefaultFormatter):
    """Cyclopts' formatter, given the same entries in words."""

    def __call__(self, console: Any, options: Any, panel: HelpPanel) -> None:
        """Print one panel."""
        super().__call__(console, options, panel.copy(entries=[_in_words(entry) for entry in panel.entries]))


def _in_words(entry: HelpEntry) -> HelpEntry:
    metavar = (
        None if entry.metavar is None else re.sub(r"[A-Z]+", lambda name: _WORDS.get(name[0], name[0]), entry.metavar)
    )
    default = None if entry.default in _NOTHING else entry.default
    return entry.copy(metavar=metavar, default=None if default is None else re.sub(r"\A(\d+)\.0\Z", r"\1", default))
