"""A load as it goes on, on a terminal's standard error: how far it is, its last seconds. Elsewhere only its steps."""

from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.core.profile.curve import mean_between
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.report.terminal.blocks import bar
from rush_hour.report.terminal.colours import BROKEN
from rush_hour.report.terminal.seconds import goodput_so_far, says_something, second_table
from rush_hour.units import format_count, format_per_s

SECONDS_SHOWN = 10
NARROW = 72  # columns, with less than which a second takes several tables, one below the other
NARROW_SECONDS_SHOWN = 3  # so that they have room on a screen of 24 lines
REFRESH_PER_S = 5
BAR_WIDTH = 20


class LiveView:
    """A context manager that clears what it shows at the end.

    Args:
        console: of standard error.
        duration_s: how long the measurement takes, in seconds.
        rate_per_s: requests per second that are offered; None for a closed loop.
        profile: by which that changes; None where it does not.
    """

    def __init__(
        self, console: Console, duration_s: float, rate_per_s: float | None = None, profile: LoadProfile | None = None
    ) -> None:
        self._console = console
        self._duration_s = duration_s
        self._rate_per_s = rate_per_s
        self._profile = profile
        self._rows: list[TimelineRow] = []
        self._spinner = Spinner("dots")
        self._live = Live(console=console, refresh_per_second=REFRESH_PER_S, transient=True)

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

    def step(self, text: str) -> None:
        """Show that something begins."""
        self._spinner.update(text=Text(text))
        if self._console.is_terminal:
            self._live.update(self._spinner)
        else:
            self._console.print(text)

    def second(self, row: TimelineRow) -> None:
        """Show one more second."""
        if not says_something(row, self._rows):
            return
        self._rows.append(row)
        left_s = max(0.0, self._duration_s - row.at_s)
        what = f"{left_s:.0f} s left" if left_s >= 0.5 else "last answers"
        phase = "" if self._profile is None else f"{self._profile.phase_at(row.at_s - 0.5).name}, "
        self._spinner.update(text=Text(f"measuring, {row.at_s:.0f} of {self._duration_s:g} s, {phase}{what}"))
        shown = self._rows[-(NARROW_SECONDS_SHOWN if self._console.width < NARROW else SECONDS_SHOWN) :]
        self._live.update(Group(self._spinner, self._goodput(row), second_table(shown)))

    def _goodput(self, row: TimelineRow) -> Text:
        """Return the goodput of a second against what is offered, of those before it, and what went wrong in all."""
        text = Text(f"{format_count(row.good)} good/s ")
        if rate_per_s := self._offered_per_s(row):
            text.append(f"{bar(row.good / rate_per_s, BAR_WIDTH)} of {format_per_s(rate_per_s)}/s ")
        top = self._rate_per_s if self._profile is None else self._profile.highest_per_s
        text.append(goodput_so_far(self._rows, top))
        if faults := sum(row.bad + row.failed for row in self._rows):
            text.append(f" {format_count(faults)} bad", BROKEN)
        return text

    def _offered_per_s(self, row: TimelineRow) -> float | None:
        """Return what was offered in a second, in the mean; None for a closed loop."""
        if self._profile is None:
            return self._rate_per_s
        return mean_between(self._profile, max(0.0, row.at_s - 1.0), row.at_s)
