"""A load as it goes on, on a terminal's standard error: the last seconds as a table. Elsewhere only its steps."""

from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from rush_hour.core.figures import TimelineRow
from rush_hour.report.terminal.tables import WholeTable
from rush_hour.units import format_count, format_duration_us

SECONDS_SHOWN = 10
NARROW = 72  # columns, with less than which a second takes several tables, one below the other
NARROW_SECONDS_SHOWN = 3  # so that they have room on a screen of 24 lines
REFRESH_PER_S = 5
HEADINGS = ("second", "sent/s", "good/s", "bad", "failed", "p50", "p99", "send lag p99", "open")


class LiveView:
    """A context manager that clears its table at the end.

    Args:
        console: of standard error.
        duration_s: how long the measurement takes, in seconds.
    """

    def __init__(self, console: Console, duration_s: float) -> None:
        self._console = console
        self._duration_s = duration_s
        self._rows: deque[TimelineRow] = deque(maxlen=SECONDS_SHOWN)
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
        self._spinner.update(text=text)
        if self._console.is_terminal:
            self._live.update(self._spinner)
        else:
            self._console.print(text)

    def second(self, row: TimelineRow) -> None:
        """Show one more second."""
        self._rows.append(row)
        self._spinner.update(text=f"measuring, {row.at_s:.0f} of {self._duration_s:g} s")
        shown = list(self._rows)[-NARROW_SECONDS_SHOWN:] if self._console.width < NARROW else self._rows
        self._live.update(Group(self._spinner, second_table(shown)))


def second_table(rows: Iterable[TimelineRow]) -> WholeTable:
    """Return seconds as a table, oldest first."""
    return WholeTable(HEADINGS, [_cells(row) for row in rows], header_style="dim")


def _cells(row: TimelineRow) -> list[str | Text]:
    return [
        f"{row.at_s:.0f}",
        *map(format_count, (row.sent, row.good)),
        *(Text(format_count(count), style="red" if count else "") for count in (row.bad, row.failed)),
        *(_duration(value_us) for value_us in (row.p50_us, row.p99_us, row.send_lag_p99_us)),
        format_count(row.open_connections),
    ]


def _duration(value_us: int | None) -> str:
    return "-" if value_us is None else format_duration_us(value_us)
