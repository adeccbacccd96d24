"""Figures of a distribution, taken from its histogram. Pure."""

from rush_hour.core.figures import DurationSummary
from rush_hour.core.histogram import Histogram


def summarise(histogram: Histogram) -> DurationSummary | None:
    """Return the figures of a distribution; None when nothing was recorded."""
    if histogram.total == 0:
        return None
    return DurationSummary(
        mean=histogram.mean_us(),
        stdev=histogram.stdev_us(),
        p50=histogram.percentile_us(50),
        p75=histogram.percentile_us(75),
        p90=histogram.percentile_us(90),
        p95=histogram.percentile_us(95),
        p99=histogram.percentile_us(99),
        p99_9=histogram.percentile_us(99.9),
        p99_99=histogram.percentile_us(99.99),
        max=histogram.max_us,
        count=histogram.total,
    )
