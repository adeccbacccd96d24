"""How long something still takes that must not be disturbed: one short write a second, and nothing rendered."""

from types import TracebackType
from typing import Self

from rich.console import Console

_CLEAR = "\r\x1b[2K"


class Countdown:
    """A context manager that clears its line at the end. Elsewhere than on a terminal it is one line, which stays.

    Args:
        console: of standard error.
        what: is done.
        duration_s: how long it takes.
    """

    def __init__(self, console: Console, what: str, duration_s: float) -> None:
        self._console = console
        self._what = what
        self._duration_s = duration_s

    def __enter__(self) -> Self:
        """Show that it begins."""
        if not self._console.is_terminal:
            self._console.print(f"{self._what} for {self._duration_s:g} s")
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Clear the line."""
        self._write(_CLEAR)

    def passed(self, passed_s: float) -> None:
        """Show how long it has taken."""
        self._write(f"{_CLEAR}{self._what}: {min(passed_s, self._duration_s):.0f} of {self._duration_s:g} s")

    def _write(self, text: str) -> None:
        if self._console.is_terminal:
            self._console.file.write(text)
            self._console.file.flush()
