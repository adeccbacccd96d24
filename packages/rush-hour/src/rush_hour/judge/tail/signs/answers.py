"""Signs of requests, answers and connections, as the load generator saw them."""

from collections.abc import Sequence
from math import sqrt

from rush_hour.core.figures import TimelineRow
from rush_hour.judge.tail.seconds import Second
from rush_hour.judge.tail.signs.sign import Facts, Sign
from rush_hour.units import format_duration_us, format_per_s

LATE_RATIO = 0.1  # of p99 that the generator may be late by, as in the verdict
LATE_US = 1_000  # and by how much it always may
BAD_RATIO = 0.01  # of the answers of a second, and of requests that failed in it
MORE_RATIO = 1.1  # of what is usually offered
FEWER_RATIO = 0.15  # of the usual answers that are missing
DEVIATIONS = 3.0  # of a Poisson count, that are no chance


def _lag_us(second: Second) -> int:
    return max(row.send_lag_p99_us or 0 for row in second.span)


def _is_late(second: Second, _facts: Facts) -> bool:
    p99_us = second.row.p99_us
    return p99_us is not None and _lag_us(second) >= max(LATE_US, LATE_RATIO * p99_us)


def _says_late(seconds: Sequence[Second], _facts: Facts) -> str:
    lag_us = max(_lag_us(second) for second in seconds)
    return f"the load generator itself sent up to {format_duration_us(lag_us)} late (99th percentile)"


def _is_offered_more(second: Second, facts: Facts) -> bool:
    if second.offered_per_s is None or facts.usual_offered_per_s is None:
        return False
    return second.offered_per_s >= MORE_RATIO * facts.usual_offered_per_s


def _says_more(seconds: Sequence[Second], facts: Facts) -> str:
    most = max(second.offered_per_s or 0.0 for second in seconds)
    return f"up to {format_per_s(most)}/s were offered (otherwise {format_per_s(facts.usual_offered_per_s or 0.0)}/s)"


def _open_connections(second: Second) -> int:
    return min(row.open_connections for row in second.span)


def _has_lost_connections(second: Second, facts: Facts) -> bool:
    return _open_connections(second) < facts.most_connections


def _says_lost_connections(seconds: Sequence[Second], facts: Facts) -> str:
    lost = facts.most_connections - min(_open_connections(second) for second in seconds)
    return f"up to {lost:,} of {facts.most_connections:,} connections were not open"


def _has_bad(second: Second, _facts: Facts) -> bool:
    return any(_is_bad(row) for row in second.span)


def _is_bad(row: TimelineRow) -> bool:
    wrong = row.bad + row.failed
    return wrong > 0 and wrong >= BAD_RATIO * (wrong + row.good)


def _says_bad(seconds: Sequence[Second], _facts: Facts) -> str:
    rows = {row.at_s: row for second in seconds for row in second.span}.values()
    return f"{sum(row.bad for row in rows):,} answers were bad and {sum(row.failed for row in rows):,} requests failed"


def _fewest(second: Second) -> TimelineRow:
    return min(second.span, key=lambda row: row.good)


def _has_fewer_answers(second: Second, facts: Facts) -> bool:
    if facts.usual_offered_per_s is not None:
        return False  # where the rate changes, there is no usual number of answers
    missing = facts.usual_good - _fewest(second).good
    return missing > 0 and missing >= max(FEWER_RATIO * facts.usual_good, DEVIATIONS * sqrt(facts.usual_good))


def _says_fewer_answers(seconds: Sequence[Second], facts: Facts) -> str:
    fewest = min((_fewest(second) for second in seconds), key=lambda row: row.good)
    share = fewest.good / facts.usual_good
    if fewest.p50_us is not None and fewest.p50_us <= 2 * facts.usual_p50_us:
        rest = ", half of them as fast as ever: a part of what serves stood still, not all of it"
    else:
        rest = ": what serves stood still, or was slow altogether"
    return f"only {share:.0%} of the usual good answers came{rest}"


LATE = Sign(code="generator-late", role="generator", is_in=_is_late, says=_says_late, hides=frozenset({"few-answers"}))
MORE = Sign(code="rate-rose", role=None, is_in=_is_offered_more, says=_says_more)
OF_ANSWERS = (
    Sign(
        code="connections-lost",
        role=None,
        is_in=_has_lost_connections,
        says=_says_lost_connections,
        hides=frozenset({"few-answers"}),
    ),
    Sign(code="answers-bad", role=None, is_in=_has_bad, says=_says_bad),
    Sign(code="few-answers", role="server", is_in=_has_fewer_answers, says=_says_fewer_answers),
)
