"""A capacity as it is searched for, on standard error: what is tried, what is known, how long it still takes.

On a terminal the posterior narrows before one's eyes; elsewhere each run is a line.
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
from rush_hour.report.terminal.blocks import sparkline
from rush_hour.report.terminal.colours import DOES_NOT_HOLD, FAINT, HOLDS
from rush_hour.report.terminal.seconds import second_line
from rush_hour.results.capacity import CapacityStep
from rush_hour.results.run import Run
from rush_hour.units import format_count, format_duration_us, format_per_s

REFRESH_PER_S = 5
AXIS_WIDTH = 60
AXIS_RATIO = 3.0  # of the picture: from a third of the median to three times as much
LINES_SHOWN = 12
PURPOSES = {
    "confirm": "confirming",
    "confirm above": "10 % above",
    "lowest": "the lowest rate",
    "search": "trying",
}


class CapacityView:
    """A context manager that clears what it shows at the end.

    Args:
        console: of standard error.
        budget_s: how long all of it may take.
        objective: what is to be met.
        clock: monotonic, in seconds.
    """

    def __init__(
        self, console: Console, budget_s: float, objective: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._objective = objective
        self._clock = clock
        self._ends_at_s = clock() + budget_s
        self._what = ""
        self._second = Text()
        self._posterior: Posterior | None = None
        self._lines: list[Text] = []
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
        self._live.stop()

    def begins(self, text: str, order: Order | None, connections: int) -> None:
        """A run begins."""
        on = f"on {format_count(connections)} connection{'s' if connections != 1 else ''}"
        if order is None:
            self._what = f"{text} {on}"
        else:
            rate = format_per_s(order.rate_per_s)
            self._what = f"{PURPOSES[order.purpose]}: {rate}/s {on} for {order.duration_s:g} s"
        self._second = Text()

    def phase(self, text: str) -> None:
        """A phase begins; before the first run it is all there is to see."""
        if not self._what:
            self._lines.append(Text(text, FAINT))
            if not self._console.is_terminal:
                self._console.print(text)

    def second(self, row: TimelineRow) -> None:
        """A second is over."""
        self._second = second_line(row)

    def waits(self) -> None:
        """The queue of the run before is waited for."""
        self._what, self._second = "waiting until the server is quiet", Text()

    def ended(self, step: CapacityStep, run: Run, posterior: Posterior | None, left_s: float) -> None:
        """A run is over."""
        self._posterior = posterior
        line = run_line(step, run)
        line.append(f"; {left_s:.0f} s left", FAINT)
        self._lines.append(line)
        if not self._console.is_terminal:
            self._console.print(line)

    def lines(self) -> list[Text]:
        """Return what is shown below what is being done."""
        left_s = max(0.0, self._ends_at_s - self._clock())
        head = Text(f"{self._objective}; at most {left_s:.0f} s left", FAINT)
        return [head, *self._picture(), *self._lines[-LINES_SHOWN:]]

    def doing(self) -> Text:
        """Return what is being done, and its last second."""
        return Text.assemble(self._what, " ", self._second) if self._second else Text(self._what)

    def _picture(self) -> list[Text]:
        """Return the posterior on an axis of rates, and its interval in words; nothing before the first verdict."""
        if self._posterior is None:
            return []
        interval = self._posterior.interval()
        low, high = interval.median_per_s / AXIS_RATIO, interval.median_per_s * AXIS_RATIO
        shares = self._posterior.between(low, high, AXIS_WIDTH)
        ends = f"{format_per_s(low)}/s".ljust(AXIS_WIDTH - 8) + f"{format_per_s(high)}/s".rjust(8)
        known = (
            f"95 %: {format_per_s(interval.low_per_s)} to {format_per_s(interval.high_per_s)}/s, "
            f"half of it below {format_per_s(interval.median_per_s)}/s"
        )
        return [Text(sparkline(shares, max(shares), AXIS_WIDTH), HOLDS), Text(ends, FAINT), Text(known)]


class _Shown:
    """What is shown now, behind a spinner."""

    def __init__(self, view: CapacityView) -> None:
        self._view = view
        self._spinner = Spinner("dots")

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        """Yield it as it is now."""
        self._spinner.update(text=self._view.doing())
        yield Group(self._spinner, *self._view.lines())


def run_line(step: CapacityStep, run: Run) -> Text:
    """Return what a run said, and what is known after it, in a line."""
    rate_per_s, result = run.plan.rate_per_s, run.result
    if rate_per_s is None:
        good = f"{format_per_s(result.goodput_per_s)}/s"
        what = "one after the other" if step.purpose == "alone" else f"closed loop of {run.plan.connections:,}"
        text = Text(f"{what}: {good}")
        if result.latency_us is not None:
            text.append(f", p50 {format_duration_us(result.latency_us.p50)}")
        return text
    colour = {"met": HOLDS, "not met": DOES_NOT_HOLD}.get(step.verdict, "")
    text = Text.assemble(f"{format_per_s(rate_per_s)}/s: ", (step.verdict, colour))
    if step.why:
        whole = step.why[0]
        text.append(f", {whole.partition(':')[0] if step.verdict == 'no verdict' else whole}")
    elif result.latency_us is not None:
        text.append(f", p99 {format_duration_us(result.latency_us.p99)}")
    if run.is_ended_early:
        text.append(f" (ended after {result.elapsed_s:.1f} s)")
    if step.low_per_s is not None and step.high_per_s is not None:
        text.append(f"; {format_per_s(step.low_per_s)} to {format_per_s(step.high_per_s)}/s")
    return text
