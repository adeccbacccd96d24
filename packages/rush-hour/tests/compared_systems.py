"""Systems that were started several times, and comparisons of them."""

from collections.abc import Sequence
from dataclasses import replace

from made_systems import Maker, system, used

from rush_hour.judge.compare.compare import Comparison, compare
from rush_hour.judge.compare.side import Named, sides_of
from rush_hour.results.document import Document, System
from rush_hour.results.run import Run

MARGIN_RATIO = 0.02


def run_of(make: Maker, latency_us: int, cpu_s: float = 5.0, *, count: int = 20_000, second_us: int = 0) -> Run:
    """A run all of whose answers took so long, in every second but for what each one is longer than the one before."""
    summary = make.result.latency_us
    assert summary is not None
    percentiles = dict.fromkeys(("p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max"), latency_us)
    timeline = [
        replace(row, at_s=float(at), p50_us=latency_us + at % 3 * second_us, p99_us=latency_us + at % 2 * second_us)
        for at in range(1, 21)
        for row in make.result.timeline[:1]
    ]
    return make.run(
        plan=replace(make.plan, duration_s=20.0),
        latency_us=replace(summary, count=count, **percentiles),
        timeline=timeline,
        resources=used(server=cpu_s),
    )


def repeated(make: Maker, name: str, *latencies_us: int, cpu_s: Sequence[float] = ()) -> System:
    """A system with a run for each latency."""
    cpu_s = cpu_s or [5.0] * len(latencies_us)
    return system(name, *(run_of(make, *of_run) for of_run in zip(latencies_us, cpu_s, strict=True)), title=name)


def compared(first: Document, second: Document, *names: str, margin_ratio: float = MARGIN_RATIO) -> Comparison:
    """The one comparison of two documents, or of one system of each."""
    one, other = names or (None, None)
    pairs = sides_of(
        Named(text="main", document=first, system=one), Named(text="branch", document=second, system=other)
    )
    [comparison] = compare(pairs, margin_ratio)
    return comparison


def within(document: Document, first: str, second: str) -> Comparison:
    """The comparison of two systems of one document."""
    return compared(document, document, first, second)
