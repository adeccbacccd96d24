"""A trial as it goes on, on standard error: what is started or tried, what is known so far, how long it still takes.

Elsewhere than on a terminal each turn is two lines: that it begins, and what came of it.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.search.posterior import Posterior
from rush_hour.judge.search.tried import Order
from rush_hour.report.terminal.colours import DOES_NOT_HOLD, FAINT, HOLDS
from rush_hour.report.terminal.seconds import second_line
from rush_hour.results.capacity import CapacityStep
from rush_hour.results.run import Run
from rush_hour.results.trial import Contender
from rush_hour.units import format_per_s

REFRESH_PER_S = 5
LINES_SHOWN = 30


class TrialView:
    """A context manager that clears what it shows at the end.

    Args:
        console: of standard error.
        budget_s: how long all of it may take.
        clock: monotonic, in seconds.
    """

    def __init__(self, console: Console, budget_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._ends_at_s = clock() + budget_s
        self._step = ""
        self._doing = Text()
        self._second = Text()
        self._known: dict[str, Text] = {}
        self._live = Live(_Shown(self), console=console, refresh_per_second=REFRESH_PER_S, transient=True)

    def __enter__(self) -> Self:
        """Return the view, which shows nothing yet."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Clear it."""
        self.clear()

    def clear(self) -> None:
        """Clear what is shown: nothing is under way."""
        self._live.stop()

    def step(self, text: str) -> None:
        """Something begins."""
        self._step, self._doing, self._second = text, Text(), Text()
        if not self._console.is_terminal:
            self._console.print(f"{text}; {self._left()}")

    def warn(self, text: str) -> None:
        """There is something to know."""
        self._console.print(text)

    def left(self, left_s: float) -> None:
        """So long it may still take."""
        self._ends_at_s = self._clock() + left_s

    def begins(self, text: str, order: Order | None, connections: int) -> None:
        """A run begins."""
        what = text if order is None else f"{format_per_s(order.rate_per_s)}/s for {order.duration_s:g} s"
        self._doing, self._second = Text(f"{what} on {connections:,} connections"), Text()

    def phase(self, text: str) -> None:
        """A phase begins."""
        if text == "reloading under load":
            self._doing, self._second = Text(text), Text()

    def second(self, row: TimelineRow) -> None:
        """A second of load is over."""
        self._second = second_line(row)

    def waits(self) -> None:
        """The queue of the run before is waited for."""
        self._doing, self._second = Text("waiting until the server is quiet"), Text()

    def ended(self, step: CapacityStep, run: Run, posterior: Posterior | None, left_s: float) -> None:
        """A run is over: what it said is in what is known of the contender at the end of its turn."""

    def finished(self, contender: Contender) -> None:
        """What one round says of a contender is known."""
        line = known_line(contender)
        self._known.pop(contender.name, None)
        self._known[contender.name] = line
        if not self._console.is_terminal:
            self._console.print(line)

    def _left(self) -> str:
        return f"{_minutes(max(0.0, self._ends_at_s - self._clock()))} left"

    def head(self) -> Text:
        """Return what is being done."""
        return Text(f"{self._step}; {self._left()}")

    def lines(self) -> list[Text]:
        """Return what is shown below that."""
        doing = Text.assemble("  ", self._doing, " ", self._second) if self._doing else Text()
        return [doing, *list(self._known.values())[-LINES_SHOWN:]]


class _Shown:
    """What is shown now, behind a spinner."""

    def __init__(self, view: TrialView) -> None:
        self._view = view
        self._spinner = Spinner("dots")

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        """Yield it as it is now."""
        self._spinner.update(text=self._view.head())
        yield Group(self._spinner, *self._view.lines())


def known_line(contender: Contender) -> Text:
    """Return what is known of a contender, in a line."""
    name, last = contender.name, contender.last
    if last is None:
        return Text.assemble(f"{name}: ", ("out", DOES_NOT_HOLD))
    if last.rate_per_s is None:
        return Text.assemble(f"{name}: ", ("no rate meets the objective", DOES_NOT_HOLD))
    high = "more" if last.high_per_s is None else f"{format_per_s(last.high_per_s)}/s"
    text = Text.assemble(f"{name}: ", (f"{format_per_s(last.rate_per_s)}/s", HOLDS))
    return text.append(f", {format_per_s(last.low_per_s or 0.0)} to {high}", FAINT)


def _minutes(duration_s: float) -> str:
    return f"{duration_s:.0f} s" if duration_s < 60 else f"{duration_s / 60:.0f} min"
