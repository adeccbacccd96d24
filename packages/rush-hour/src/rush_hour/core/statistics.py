"""Figures of a distribution, taken from its histogram. Pure."""

from rush_hour.core.figures import DurationSummary
from rush_hour.core.histogram import Histogram


def summarise(histogram: Histogram) -> DurationSummary | None:
    """Return the figures of a distribution; None when nothing was recorded.

    A percentile is the upper end of its step and the maximum the lower end of the highest, as HdrHistogram has them:
    none is above the maximum here all the same.
    """
    if histogram.total == 0:
        return None
    highest_us = histogram.max_us
    return DurationSummary(
        mean=histogram.mean_us(),
        stdev=histogram.stdev_us(),
        p50=min(histogram.percentile_us(50), highest_us),
        p75=min(histogram.percentile_us(75), highest_us),
        p90=min(histogram.percentile_us(90), highest_us),
        p95=min(histogram.percentile_us(95), highest_us),
        p99=min(histogram.percentile_us(99), highest_us),
        p99_9=min(histogram.percentile_us(99.9), highest_us),
        p99_99=min(histogram.percentile_us(99.99), highest_us),
        max=highest_us,
        count=histogram.total,
    )
