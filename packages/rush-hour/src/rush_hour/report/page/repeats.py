"""Repeats: each run of a system as a point, with the interval that they give together. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rush_hour.core.intervals import Interval, interval_of
from rush_hour.report.page.entries import Entry
from rush_hour.report.page.numbers import milliseconds, plain
from rush_hour.results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure of a run that is compared over repeats."""

    heading: str
    value_of: Callable[[Run], float | None]
    text_of: Callable[[float | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The repeats of one system: places from 0 to 100 on the axis of their metric.

    Attributes:
        points: a place and a text for each run.
        low_percent, high_percent, mean_percent: of the interval; None without one.
        text: all of it in words.
    """

    label: str
    colour: int
    points: list[tuple[float, str]]
    low_percent: float | None
    mean_percent: float | None
    high_percent: float | None
    interval: Interval | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strips:
    """All systems under one metric, on an axis from `begin` to `end`."""

    heading: str
    begin: str
    end: str
    strips: list[Strip]


def _latency(percentile: str) -> Callable[[Run], float | None]:
    def value(run: Run) -> float | None:
        summary = run.result.latency_us
        return None if summary is None else float(getattr(summary, percentile))

    return value


ROOM_RATIO = 0.25  # of the span of the values, on both sides of them: for their intervals
METRICS = (
    Metric(heading="good answers/s", value_of=lambda run: run.result.goodput_per_s, text_of=plain),
    Metric(heading="p50, ms", value_of=_latency("p50"), text_of=milliseconds),
    Metric(heading="p99, ms", value_of=_latency("p99"), text_of=milliseconds),
    Metric(heading="CPU of the server, µs for each good answer", text_of=plain,
           value_of=lambda run: run.cpu_us_per_good_answer("server")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """An axis around the values of all systems; an interval that is wider ends at its ends."""

    begin: float
    end: float

    def percent(self, value: float) -> float:
        return round(min(100.0, max(0.0, 100 * (value - self.begin) / (self.end - self.begin))), 3)


def _axis(values: Sequence[float]) -> _Axis:
    lowest, highest = min(values, default=0.0), max(values, default=0.0)
    room = ROOM_RATIO * (highest - lowest) or ROOM_RATIO * highest or 1.0
    return _Axis(begin=max(0.0, lowest - room), end=highest + room)


def strips_of(entries: Sequence[Entry]) -> list[Strips]:
    """Return the repeats of all systems under each metric; none where nothing was repeated."""
    repeated = [entry for entry in entries if len(entry.system.runs) > 1]
    return [strips for metric in METRICS if (strips := _strips(metric, repeated)).strips]


def _strips(metric: Metric, entries: Sequence[Entry]) -> Strips:
    values = {
        entry.number: [value for run in entry.system.runs if (value := metric.value_of(run)) is not None]
        for entry in entries
    }
    intervals = {number: interval_of(found) for number, found in values.items()}
    axis = _axis([value for found in values.values() for value in found])
    return Strips(
        heading=metric.heading,
        begin=metric.text_of(axis.begin),
        end=metric.text_of(axis.end),
        strips=[
            _strip(metric, entry, values[entry.number], intervals[entry.number], axis)
            for entry in entries
            if values[entry.number]
        ],
    )


def _strip(metric: Metric, entry: Entry, values: Sequence[float], interval: Interval | None, axis: _Axis) -> Strip:
    texts = [metric.text_of(value) for value in values]
    words = ", ".join(texts)
    if interval is not None:
        low, mean, high = map(metric.text_of, (interval.low, interval.mean, interval.high))
        words = f"{mean}, between {low} and {high}; runs: {words}"
    return Strip(
        label=entry.label,
        colour=entry.colour,
        points=[(axis.percent(value), text) for value, text in zip(values, texts, strict=True)],
        low_percent=None if interval is None else axis.percent(interval.low),
        mean_percent=None if interval is None else axis.percent(interval.mean),
        high_percent=None if interval is None else axis.percent(interval.high),
        interval=interval,
        text=words,
    )
