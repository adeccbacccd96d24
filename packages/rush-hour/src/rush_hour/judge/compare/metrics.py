"""What is compared of two systems: figures of a run, which of two is the better one, and each second of them.

A percentile of too few answers is none: it is missing, and so not compared. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rush_hour.core.figures import TimelineRow
from rush_hour.core.seconds import LATE_S, whole_seconds
from rush_hour.judge.trust import SAMPLES_BEYOND_PERCENTILE
from rush_hour.results.run import Run
from rush_hour.units import format_bytes, format_duration_us, format_per_s

ANSWERS_OF_A_SECOND = 100  # of fewer, its 99th percentile is its slowest one


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure of a run.

    Attributes:
        heading: for tables and sentences.
        better, worse: what a system is whose figure is the better, or the worse.
        value_of: the figure of a run; None where it is not known.
        missing: why it is not known, of a run that does not have it.
        text_of: the figure for reading.
        seconds_of: the same of each whole second; none where it is not known by seconds.
    """

    code: str
    heading: str
    better: str
    worse: str
    is_higher_better: bool
    value_of: Callable[[Run], float | None]
    missing: str
    text_of: Callable[[float], str]
    seconds_of: Callable[[Run], list[float]]


def _latency(percent: float, name: str) -> Callable[[Run], float | None]:
    """Return what finds a percentile of the good answers' latency, from when each was due."""

    def value(run: Run) -> float | None:
        summary = run.result.latency_us
        if summary is None or summary.count * (1 - percent / 100) < SAMPLES_BEYOND_PERCENTILE * (1 - 1e-9):
            return None
        return float(getattr(summary, name))

    return value


def _cpu_us(run: Run) -> float | None:
    return run.cpu_us_per_good_answer("server")


def _memory_bytes(run: Run) -> float | None:
    return None if run.resources is None else float(run.resources.server.max_rss_bytes)


def _rows(run: Run) -> list[TimelineRow]:
    """Return the whole seconds in which requests were due."""
    return [row for _, row in whole_seconds(run.result.timeline) if row.at_s <= run.plan.duration_s + LATE_S]


def _good_of_seconds(run: Run) -> list[float]:
    return [float(row.good) for row in _rows(run)]


def _p50_of_seconds(run: Run) -> list[float]:
    return [float(row.p50_us) for row in _rows(run) if row.p50_us is not None]


def _p99_of_seconds(run: Run) -> list[float]:
    """Return the 99th percentile of each second; none where a second had too few answers to have one."""
    rows = _rows(run)
    if any(row.good < ANSWERS_OF_A_SECOND for row in rows):
        return []
    return [float(row.p99_us) for row in rows if row.p99_us is not None]


def _cpu_us_of_seconds(run: Run) -> list[float]:
    """Return the CPU time for each good answer of each second; none where a second had no good answer."""
    usage = [] if run.resources is None else run.resources.server.timeline
    cpu_s = {row.at_s: used.cpu_s for row, used in zip(run.result.timeline, usage, strict=False)}
    rows = [row for row in _rows(run) if row.at_s in cpu_s]
    return [1e6 * cpu_s[row.at_s] / row.good for row in rows] if all(row.good for row in rows) else []


def _none_of_seconds(_run: Run) -> list[float]:
    return []


_FEW = "too few good answers"

METRICS = (
    Metric(
        code="goodput", heading="good answers/s", better="better", worse="worse", is_higher_better=True,
        value_of=lambda run: run.result.goodput_per_s, missing="no good answers", text_of=format_per_s,
        seconds_of=_good_of_seconds,
    ),
    Metric(
        code="p50", heading="p50", better="faster", worse="slower", is_higher_better=False,
        value_of=_latency(50, "p50"), missing=_FEW, text_of=format_duration_us, seconds_of=_p50_of_seconds,
    ),
    Metric(
        code="p99", heading="p99", better="faster", worse="slower", is_higher_better=False,
        value_of=_latency(99, "p99"), missing=_FEW, text_of=format_duration_us, seconds_of=_p99_of_seconds,
    ),
    Metric(
        code="p99.9", heading="p99.9", better="faster", worse="slower", is_higher_better=False,
        value_of=_latency(99.9, "p99_9"), missing=_FEW, text_of=format_duration_us, seconds_of=_none_of_seconds,
    ),
    Metric(
        code="cpu", heading="CPU per answer", better="better", worse="worse", is_higher_better=False,
        value_of=_cpu_us, missing="CPU time not watched", text_of=format_duration_us, seconds_of=_cpu_us_of_seconds,
    ),
    Metric(
        code="memory", heading="peak memory", better="better", worse="worse", is_higher_better=False,
        value_of=_memory_bytes, missing="memory not watched", text_of=format_bytes, seconds_of=_none_of_seconds,
    ),
)  # fmt: skip
