"""Histories on the page: their tables, and what is drawn of each figure. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rush_hour.judge.history.history import History, Line
from rush_hour.judge.history.points import Point
from rush_hour.judge.history.sentence import between, commit_of, size_of, time_of
from rush_hour.report.history.columns import change_columns, document_columns, figure_columns, heading_of
from rush_hour.report.page.numbers import rows_of

Json = dict[str, Any]

MOST_POINTS = 12_000  # of all pictures together, so that the page stays below 500 kB
MOST_DOCUMENTS = 300  # of one picture
LEAST_DOCUMENTS = 20
LISTED = 100  # documents in the table of a series
MOST_LISTED = 1000  # in all of them
UNITS = {"p50": ("ms", 1000.0), "p99": ("ms", 1000.0), "p99.9": ("ms", 1000.0), "cpu": ("µs", 1.0),
         "memory": ("MiB", 2.0**20)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A picture of one figure: its name for the script, and what is above it."""

    name: str
    heading: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """One series: tables as rows, the first one of headings, and its pictures.

    Attributes:
        is_cut: whether there are more documents than are listed.
    """

    name: str
    heading: str
    conditions: str
    figures: list[list[str]]
    changes: list[list[str]]
    documents: list[list[str]]
    is_cut: bool
    plots: list[Plot]


def history_views(histories: Sequence[History]) -> list[HistoryView]:
    """Return how each series is shown."""
    listed = max(LEAST_DOCUMENTS, min(LISTED, MOST_LISTED // max(1, len(histories))))
    return [_view(number, history, listed, documents_drawn(histories)) for number, history in enumerate(histories)]


def documents_drawn(histories: Sequence[History]) -> int:
    """Return how many of the newest documents each picture has."""
    pictures = sum(len(history.lines) for history in histories)
    return max(LEAST_DOCUMENTS, min(MOST_DOCUMENTS, MOST_POINTS // max(1, pictures)))


def _view(number: int, history: History, listed: int, drawn: int) -> HistoryView:
    return HistoryView(
        name=history.series.name,
        heading=heading_of(history),
        conditions=history.series.conditions,
        figures=rows_of(figure_columns(history)),
        changes=rows_of(change_columns(history)),
        documents=rows_of(document_columns(history, listed, with_files=True)),
        is_cut=len(history.series.points) > listed,
        plots=[
            Plot(
                name=_name(number, place),
                heading=line.metric.heading,
                caption=_caption(line, len(history.series.points), drawn),
            )
            for place, line in enumerate(history.lines)
        ],
    )


def _name(series: int, line: int) -> str:
    return f"history-{series}-{line}"


def _caption(line: Line, documents: int, drawn: int) -> str:
    """Return what a picture shows, in words: where it changed is in them."""
    unit = f"in {UNITS[line.metric.code][0]}, " if line.metric.code in UNITS else ""
    newest = f", the newest {drawn} documents" if documents > drawn else ""
    changes = "; ".join(f"{size_of(change)} {between(change)}" for change in reversed(line.changes[-3:]))
    return f"{unit}of each document{newest}; the line is its level. {changes or 'No change'}."


def history_figures(histories: Sequence[History]) -> list[Json]:
    """Return what the page's script draws."""
    drawn = documents_drawn(histories)
    return [_drawn(number, history, drawn) for number, history in enumerate(histories)]


def _drawn(number: int, history: History, drawn: int) -> Json:
    first = max(0, len(history.series.points) - drawn)
    return {
        "documents": [_document(point) for point in history.series.points[first:]],
        "lines": [_line(_name(number, place), line, first) for place, line in enumerate(history.lines)],
    }


def _document(point: Point) -> str:
    return " ".join(part for part in (time_of(point), commit_of(point), point.label) if part)


def _line(name: str, line: Line, first: int) -> Json:
    size = UNITS.get(line.metric.code, ("", 1.0))[1]
    begin = sum(place < first for place in line.places)
    return {
        "name": name,
        "heading": line.metric.heading,
        "at": [place - first for place in line.places[begin:]],
        "values": [_short(value / size) for value in line.values[begin:]],
        "levels": [_short(value / size) for value in line.levels[begin:]],
        "changes": [line.places[change.at] - first for change in line.changes if change.at >= max(1, begin)],
    }


def _short(number: float) -> float:
    return float(f"{number:.4g}")
