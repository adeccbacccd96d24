"""Progress of a bench on standard error: one line that changes on a terminal, one line for each step elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.report.terminal.load_summary import second_line
from rush_hour.results.document import System


class TerminalProgress:
    """A context manager that clears its line at the end.

    Args:
        console: of standard error.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._step = ""

    def __enter__(self) -> Self:
        """Return the progress, which shows nothing yet."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Clear the line."""
        self.clear()

    def clear(self) -> None:
        """Clear the line: nothing is under way."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def step(self, text: str) -> None:
        """Show that something begins."""
        self._step = text
        self._show(text)
        if not self._console.is_terminal:
            self._console.print(text)

    def warn(self, text: str) -> None:
        """Show a line that stays."""
        self._console.print(text)

    def second(self, row: TimelineRow) -> None:
        """Show the last second of load; only a terminal sees it."""
        self._show(f"{self._step} {second_line(row)}")

    def finished(self, system: System) -> None:
        """Show in one line how a system did."""
        if system.run is not None:
            until = ", interrupted" if system.status == "interrupted" else ""
            self._console.print(f"{system.name}: {system.run.result.goodput_per_s:,.0f} good answers/s{until}")
        else:
            self._console.print(f"{system.name}: {system.status}: {(system.reason or '').splitlines()[0]}")

    def _show(self, text: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status(Text(text))
            self._status.start()
        self._status.update(Text(text))  # a text as it is: what a program says is not markup
