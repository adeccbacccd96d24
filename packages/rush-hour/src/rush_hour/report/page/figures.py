"""The figures that the page's script draws, as JSON. Pure."""

from collections.abc import Sequence
from typing import Any

from rush_hour.report.page.curves import NINES_LIMIT, STEPS_PER_NINE, curve_of, curves_of, nines
from rush_hour.report.page.entries import Entry, Measured, measured
from rush_hour.report.page.timelines import buckets_of, offered_in, usage_by_role

Json = dict[str, Any]
MIB = 2**20


def figures_of(entries: Sequence[Entry]) -> Json:
    """Return the curves and seconds of all systems."""
    return {
        "nines": [round(nines(step), 2) for step in range(NINES_LIMIT * STEPS_PER_NINE + 1)],
        "systems": [_system(one) for one in measured(entries)],
    }


def _series(values: Sequence[float | None]) -> Sequence[float | None] | float | None:
    """Return a series; of one whose values are all the same, that value."""
    return values[0] if values and all(value == values[0] for value in values) else values


def _system(one: Measured) -> Json:
    run = one.run
    buckets = buckets_of(run.result.timeline)
    roles = usage_by_role(run)  # all roles were looked at together
    return {
        "number": one.entry.number,
        "name": one.entry.name,
        "colour": one.entry.colour,
        "curves_us": curves_of(run.result),
        "requests": [
            {"name": figures.name, "curve_us": curve}
            for figures in run.result.requests
            if (curve := curve_of(figures.histogram_us)) is not None
        ],
        "seconds": {
            "at_s": [bucket.at_s for bucket in buckets],
            "offered_per_s": _series([offered_in(run.plan, bucket) for bucket in buckets]),
            "good_per_s": _series([round(bucket.good_per_s, 1) for bucket in buckets]),
            "bad_per_s": _series([round(bucket.bad_per_s, 1) for bucket in buckets]),
            "failed_per_s": _series([round(bucket.failed_per_s, 1) for bucket in buckets]),
            "p50_us": _series([bucket.p50_us for bucket in buckets]),
            "p99_us": _series([bucket.p99_us for bucket in buckets]),
            "send_lag_p99_us": _series([bucket.send_lag_p99_us for bucket in buckets]),
            "open_connections": _series([bucket.open_connections for bucket in buckets]),
        },
        "looks_at_s": next(([bucket.at_s for bucket in usage] for usage in roles.values()), []),
        "roles": {
            role: {
                "cores": _series([round(bucket.cores, 3) for bucket in usage]),
                "rss_mib": _series([round(bucket.rss_bytes / MIB, 2) for bucket in usage]),
            }
            for role, usage in roles.items()
        },
    }
