"""A history as columns and lines of text, for terminal and Markdown alike. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from rush_hour.judge.history.history import LEAST_VALUES, Change, History, Line
from rush_hour.judge.history.points import Point
from rush_hour.judge.history.sentence import between, commit_of, size_of, time_of
from rush_hour.judge.history.series import Series
from rush_hour.report.terminal.blocks import sparkline
from rush_hour.report.terminal.colours import BROKEN, HOLDS
from rush_hour.report.terminal.columns import NONE, is_empty
from rush_hour.report.terminal.tables import Column
from rush_hour.units import join_names

LINE_WIDTH = 30  # of a sparkline
LEAST_AXIS = 0.1  # of the middle, that a sparkline spans: noise is not drawn as if it were a change
DOCUMENTS = 10  # of the newest, that are listed
IN_DOUBT = "?"  # behind the time of a document that cannot be trusted


def figure_columns(history: History) -> list[Column]:
    """Return each figure: how it went, where it is, and its newest change."""
    lines = history.lines
    newest = [line.changes[-1] if line.changes else None for line in lines]
    return [
        Column("figure", [line.metric.heading for line in lines], align="left"),
        Column("oldest to newest", [spark(line) for line in lines], align="left"),
        Column("level", [line.metric.text_of(line.levels[-1]) for line in lines]),
        Column("newest", [line.metric.text_of(line.values[-1]) for line in lines]),
        Column("newest change", [_change_cell(line, change) for line, change in zip(lines, newest, strict=True)],
               align="left"),
    ]  # fmt: skip


def spark(line: Line) -> str:
    """Return a figure's values as a sparkline, from the lowest to the highest of them."""
    middle = sorted(line.values)[len(line.values) // 2]
    low = min([*line.values, middle * (1 - LEAST_AXIS / 2)])
    high = max([*line.values, middle * (1 + LEAST_AXIS / 2)])
    room = (high - low) / 6 or 1.0  # the lowest is drawn, too
    return sparkline([value - low + room for value in line.values], high - low + room, LINE_WIDTH)


def _change_cell(line: Line, change: Change | None) -> Text | str:
    if change is not None:
        return Text(size_of(change), BROKEN if change.is_worse else HOLDS)
    return "none" if len(line.values) >= LEAST_VALUES else f"too few to tell ({len(line.values)} of {LEAST_VALUES})"


def change_columns(history: History) -> list[Column]:
    """Return each change, newest first."""
    changes = history.changes
    return [
        Column("change", [change.metric.heading for change in changes], align="left"),
        Column("became", [Text(size_of(change), BROKEN if change.is_worse else HOLDS) for change in changes],
               align="left"),
        Column("95 % interval", [interval_text(change) for change in changes], group="size"),
        Column("from", [change.metric.text_of(change.level_before) for change in changes], group="size"),
        Column("to", [change.metric.text_of(change.level) for change in changes], group="size"),
        Column("p", [f"{change.p:.2g}" for change in changes], group="size"),
        Column("where", [between(change) for change in changes], align="left", group="where"),
        Column("documents\nsince", [f"{change.documents:,}" for change in changes], group="where"),
        Column("state", [state_text(change) for change in changes], align="left", group="where"),
    ]  # fmt: skip


def interval_text(change: Change) -> str:
    """Return the interval of a ratio, in per cent: `+6.2 % to +9.9 %`."""
    ratio = change.ratio
    return NONE if ratio is None else f"{100 * (ratio.low - 1):+.1f} % to {100 * (ratio.high - 1):+.1f} %"


def state_text(change: Change) -> str:
    """Return whether a change is new, and confirmed then."""
    return {"confirmed": "new, confirmed", "unconfirmed": "new, not confirmed", "old": NONE}[change.state]


def document_columns(history: History, limit: int = DOCUMENTS, *, with_files: bool = False) -> list[Column]:
    """Return the newest documents, oldest first: when, of what, and their figures."""
    points = history.series.points[-limit:]
    columns = [
        Column("document", [_when(point) for point in points], align="left"),
        Column("label", [point.label or NONE for point in points], align="left"),
        Column("commit", [commit_of(point) or NONE for point in points], align="left"),
        Column("runs", [f"{point.runs}" for point in points]),
        *(
            Column(line.metric.heading, [_figure(line, point) for point in points], group="figures")
            for line in history.lines
        ),
        *([Column("file", [point.file for point in points], align="left")] if with_files else []),
    ]
    return [column for column in columns if not is_empty(column)]


def _when(point: Point) -> str:
    return time_of(point) + ("" if point.is_trusted else f" {IN_DOUBT}")


def _figure(line: Line, point: Point) -> str:
    value = point.figures.get(line.metric.code)
    return NONE if value is None else line.metric.text_of(value)


def heading_of(history: History) -> str:
    """Return what a history is of, and how long it is."""
    points = history.series.points
    number = f"{len(points):,} document{'s' if len(points) != 1 else ''}"
    span = f"{time_of(points[0])} to {time_of(points[-1])} UTC" if len(points) > 1 else f"{time_of(points[0])} UTC"
    return f"{history.series.name}: {number}, {span}"


def notes_of(series: Sequence[Series]) -> Iterator[str]:
    """Yield what is left out of series, a sentence each."""
    untrusted = sum(one.untrusted for one in series)
    if untrusted:
        yield f"{measurements(untrusted)} left out: not to be trusted, or cut short (--untrusted has them in)."
    copies = sum(one.copies for one in series)
    if copies:
        yield f"{measurements(copies)} left out: there already, in another file."
    alone = [one.name for one in series if len(one.points) == 1]
    if alone and len(series) > 1:
        yield (
            f"{len(alone)} series with one document: {_some(alone)}. Documents are of one series where system, suite, "
            "load, label and kind of machine are the same."
        )


def measurements(number: int) -> str:
    """Return how many there are, and the verb: `3 measurements are`."""
    return f"{number:,} measurement{'s are' if number != 1 else ' is'}"


def _some(names: Sequence[str], most: int = 3) -> str:
    return join_names(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"
