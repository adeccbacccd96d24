"""The metrics of objectives: each is declared here once, with its quantity and where it is read. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rush_hour.core.figures import DurationSummary
from rush_hour.judge.objective.quantities import Quantity
from rush_hour.judge.objective.seen import Seen
from rush_hour.judge.trust import SAMPLES_BEYOND_PERCENTILE
from rush_hour.results.resources import Role

Durations = Literal["latency", "service"]
_DURATION_FIGURES = {
    "p50": "p50",
    "p75": "p75",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
    "p99.9": "p99_9",
    "p99.99": "p99_99",
    "max": "max",
    "mean": "mean",
}
_PERCENTS = {"p50": 50.0, "p75": 75.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9, "p99.99": 99.99}
SERVICE = "service."


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of a run.

    Attributes:
        name: in objectives.
        quantity: what it is a quantity of.
        value_of: returns the figure; None where nothing is known of it.
        durations: whose figure it is, of the distributions; None for others.
        percent: of a percentile, 100 of a maximum; None for others.
        is_of_requests: whether it is known of single requests.
        is_higher_better: whether more of it is better.
    """

    name: str
    quantity: Quantity
    value_of: Callable[[Seen], float | None]
    durations: Durations | None = None
    percent: float | None = None
    is_of_requests: bool = False
    is_higher_better: bool = False

    @property
    def answers_needed(self) -> int:
        """How many answers a percentile says something of; 1 of other durations, 0 of all else."""
        if self.durations is None or self.percent is None or self.percent == 100:
            return 0 if self.durations is None else 1
        return round(SAMPLES_BEYOND_PERCENTILE / (1 - self.percent / 100))


def _duration(name: str, durations: Durations) -> Metric:
    field = _DURATION_FIGURES[name]

    def value_of(seen: Seen) -> float | None:
        summary: DurationSummary | None = getattr(seen, durations)
        return None if summary is None else float(getattr(summary, field))

    return Metric(
        name=name if durations == "latency" else SERVICE + name,
        quantity="duration",
        value_of=value_of,
        durations=durations,
        percent=100.0 if name == "max" else _PERCENTS.get(name),
        is_of_requests=durations == "latency",
    )


def _cpu(name: str, role: Role) -> Metric:
    def value_of(seen: Seen) -> float | None:
        cpu_s = seen.cpu_s.get(role)
        return None if cpu_s is None or not seen.good else cpu_s * 1e6 / seen.good

    return Metric(name=name, quantity="duration", value_of=value_of)


def _share(count: float | None, of: float | None) -> float | None:
    return None if count is None or not of else min(1.0, count / of)


def _per_s(seen: Seen) -> float | None:
    return seen.good / seen.length_s if seen.length_s > 0 else None


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *(_duration(name, "latency") for name in _DURATION_FIGURES),
        *(_duration(name, "service") for name in _DURATION_FIGURES),
        Metric(
            name="good",
            quantity="share",
            value_of=lambda seen: _share(seen.good, seen.due),
            is_of_requests=True,
            is_higher_better=True,
        ),
        Metric(
            name="errors", quantity="share", value_of=lambda seen: _share(seen.faulty, seen.due), is_of_requests=True
        ),
        Metric(name="goodput", quantity="rate", value_of=_per_s, is_of_requests=True, is_higher_better=True),
        _cpu("cpu", "server"),
        _cpu("cpu.proxy", "proxy"),
        _cpu("cpu.database", "database"),
        Metric(name="memory", quantity="size", value_of=lambda seen: seen.memory_bytes),
    )
}
