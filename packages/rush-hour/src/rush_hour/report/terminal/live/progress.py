"""Progress of a bench on standard error: what is waited for, and for how long; one line for each step elsewhere."""

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.answer.standing import standing_of
from rush_hour.report.terminal.colours import colour_of
from rush_hour.report.terminal.seconds import goodput_so_far, says_something, second_line
from rush_hour.results.document import System
from rush_hour.units import format_per_s

REFRESH_PER_S = 5
SHOWS_WAIT_S = 2.0  # a step that takes no longer is not worth a figure


class TerminalProgress:
    """A context manager that clears its lines at the end.

    Args:
        console: of standard error.
        systems: how many there will be; None where nothing ends by itself.
        duration_s: how long each is measured, in seconds.
        warmup_s: how long each is loaded before, in seconds.
        rate_per_s: requests per second that are offered.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        console: Console,
        *,
        systems: int | None = None,
        duration_s: float = 0.0,
        warmup_s: float = 0.0,
        rate_per_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._systems = systems
        self._duration_s = duration_s
        self._warmup_s = warmup_s
        self._rate_per_s = rate_per_s
        self._clock = clock
        self._finished_at_s: list[float] = []
        self._step = ""
        self._step_at_s = 0.0
        self._rows: list[TimelineRow] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Return the progress, which shows nothing yet."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Clear the lines."""
        self.clear()

    def clear(self) -> None:
        """Clear the lines: nothing is under way."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def step(self, text: str) -> None:
        """Show that something begins."""
        self._step, self._step_at_s, self._rows = text, self._clock(), []
        self._show()
        if not self._console.is_terminal:
            self._console.print(text)

    def warn(self, text: str) -> None:
        """Show a line that stays."""
        self._console.print(text)

    def second(self, row: TimelineRow) -> None:
        """Show the last second of load; only a terminal sees it."""
        if says_something(row, self._rows):
            self._rows.append(row)
        self._show()

    def finished(self, system: System) -> None:
        """Show in one line how a system did."""
        self._finished_at_s.append(self._clock())
        standing = standing_of(system)
        verdict = Text(standing.finding, colour_of(standing.finding))
        if standing.run is not None:
            good = f", {format_per_s(standing.run.result.goodput_per_s)} good answers/s"
            self._console.print(Text.assemble(f"{system.name}: ", verdict, good))
        else:
            reason = (system.reason or "").partition("\n")[0]
            self._console.print(Text.assemble(f"{system.name}: ", verdict, f": {reason}"))

    def line(self) -> Text:
        """Return what is waited for now, how long that has taken or still takes, and what the last second was like."""
        text = Text(self._step)
        if self._rows:
            row = self._rows[-1]
            text.append(f", {row.at_s:.0f} of {self._duration_s:g} s" if self._duration_s else f", {row.at_s:.0f} s")
            text.append(f" {goodput_so_far(self._rows, self._rate_per_s)} ").append_text(second_line(row))
        elif (waited_s := self._clock() - self._step_at_s) >= SHOWS_WAIT_S:
            text.append(f" for {waited_s:.0f} s")
        if (left_s := self._left_s()) is not None:
            text.append(f"; {_about(left_s)} left")
        return text

    def _left_s(self) -> float | None:
        """Return how long the rest takes, going by the systems before; None where nothing ends by itself."""
        if self._systems is None:
            return None
        each_s = self._duration_s + self._warmup_s
        passed_s = self._rows[-1].at_s + self._warmup_s if self._rows else 0.0
        if done := self._finished_at_s:
            passed_s = self._clock() - done[-1]
            if len(done) > 1:
                each_s = max(each_s, (done[-1] - done[0]) / (len(done) - 1))
        return max(0.0, (self._systems - len(done)) * each_s - passed_s)

    def _show(self) -> None:
        if self._console.is_terminal and self._live is None:
            self._live = Live(_Waiting(self), console=self._console, refresh_per_second=REFRESH_PER_S, transient=True)
            self._live.start()


class _Waiting:
    """What is waited for, behind a spinner."""

    def __init__(self, progress: TerminalProgress) -> None:
        self._progress = progress
        self._spinner = Spinner("dots")

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        """Yield it as it is now."""
        self._spinner.update(text=self._progress.line())
        yield self._spinner


def _about(duration_s: float) -> str:
    """Return a time that nobody knows exactly."""
    if duration_s >= 90:
        return f"about {duration_s / 60:.0f} min"
    return f"about {max(1, math.ceil(duration_s / 5)) * 5} s"
