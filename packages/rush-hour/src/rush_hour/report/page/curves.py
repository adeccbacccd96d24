"""Latency by percentile: the curves that are drawn, on an axis of nines, and the table beside them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np

from rush_hour.core.figures import DurationSummary
from rush_hour.core.histogram import Histogram
from rush_hour.results.run import LoadResult

STEPS_PER_NINE = 20
NINES_LIMIT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileRow:
    """One row of the table: which durations, and their summary."""

    label: str
    colour: int
    what: str
    summary: DurationSummary


def nines(step: int) -> float:
    """Return where on the axis a step is: 1 is 90 %, 2 is 99 %, 3 is 99.9 %."""
    return step / STEPS_PER_NINE


def curve_of(encoded: str | None) -> list[int] | None:
    """Return a histogram, as a document has it, at each step of the axis of nines, in microseconds; None without one.

    It ends at the percentile that its last value stands for: of 1,000 values, at 99.9 %.
    """
    if encoded is None:
        return None
    histogram = Histogram.decode(encoded)
    total, highest_us = histogram.total, histogram.max_us
    steps = min(int(log10(max(total, 1)) * STEPS_PER_NINE), NINES_LIMIT * STEPS_PER_NINE)
    percents = 100 * (1 - 10 ** -(np.arange(steps + 1) / STEPS_PER_NINE))
    return [min(value_us, highest_us) for value_us in histogram.percentiles_us(percents)]


def curves_of(result: LoadResult) -> dict[str, list[int]]:
    """Return the curves of a run: good answers from due, the same from sent, and bad ones."""
    histograms = result.histogram
    found = {
        "good": curve_of(histograms.latency_us),
        "service": curve_of(histograms.service_time_us),
        "bad": curve_of(histograms.latency_bad_us),
    }
    return {name: curve for name, curve in found.items() if curve is not None}


def percentile_rows(label: str, colour: int, result: LoadResult) -> list[PercentileRow]:
    """Return the rows of one run."""
    kinds: Sequence[tuple[str, DurationSummary | None]] = (
        ("good answers, from due", result.latency_us),
        ("good answers, from sent", result.service_time_us),
        ("bad answers, from due", result.latency_bad_us),
        ("send lag", result.send_lag_us),
    )
    return [
        PercentileRow(label=label, colour=colour, what=what, summary=summary)
        for what, summary in kinds
        if summary is not None
    ]
