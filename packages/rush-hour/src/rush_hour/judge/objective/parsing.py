"""Objectives as people write them. Pure: a text in, an `Objective` out, or what is wrong with which clause."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import cast, get_args

from rush_hour.errors import UsageError
from rush_hour.judge.objective.metrics import METRICS, Metric
from rush_hour.judge.objective.objective import Clause, Objective, Operator, Window
from rush_hour.judge.objective.quantities import EXAMPLES, NUMBER, parse_value
from rush_hour.units import join_names

_CLAUSE = re.compile(r'(?:\[\s*"[^"]*"\s*\]|\[[^\]]*\]|[^,\[]|\[)+')
_PARTS = re.compile(
    r"""\s*(?P<metric>[\w.]*)
        \s*(?:\[\s*(?P<request>"[^"]*"|[^\]]*?)\s*\])?
        \s*(?P<operator>[<>=!~]*)
        \s*(?P<limit>[^@]*?)
        \s*(?:@\s*(?P<window>.*?))?\s*""",
    re.VERBOSE,
)
_BASELINE = re.compile(rf"baseline\s*(?:\*\s*({NUMBER}))?")
_BETWEEN = re.compile(r"(\S*?)\s*\.\.\s*(\S*)")
_LAST = re.compile(r"last\s+(\S+)")


def parse_objective(text: str, *, what: str) -> Objective:
    """Read an objective.

    Args:
        text: such as `p99 < 100ms, good >= 99.9%`.
        what: the option or key it was written for.

    Raises:
        UsageError: it is none.
    """
    if not text.strip():
        raise UsageError(f"{what}: expected an objective such as 'p99 < 100ms, good >= 99.9%'; got {text!r}.")
    return Objective(clauses=tuple(_clause(one, _Where(what, one)) for one in _clauses(text)))


class _Where:
    """The place of a mistake."""

    def __init__(self, what: str, clause: str) -> None:
        self._text = f"{what}: clause {clause!r}" if clause else f"{what}: an empty clause"

    def wrong(self, expected: str, got: str) -> UsageError:
        """Return the error that says what was expected there, and what came."""
        return UsageError(f"{self._text}: expected {expected}; got {got!r}.")


def _clauses(text: str) -> Iterator[str]:
    """Yield the clauses between commas; a comma in a request's name is none."""
    at = 0
    while at <= len(text):
        match = _CLAUSE.match(text, at)
        yield "" if match is None else match[0].strip()
        at = (at if match is None else match.end()) + 1


def _clause(text: str, where: _Where) -> Clause:
    match = _PARTS.fullmatch(text)
    if match is None or not match["metric"]:
        raise where.wrong("a metric first, such as p99, good or goodput", text)
    metric = _metric(match["metric"], where)
    request = match["request"]
    if request is not None:
        request = _request(request, metric, where)
    if match["operator"] not in get_args(Operator):
        got = match["operator"] or match["limit"]
        raise where.wrong(f"<, <=, =, >= or > after {metric.name}", got)
    baseline = _BASELINE.fullmatch(match["limit"])
    window = match["window"]
    if window is not None:
        _check_window(metric, request, where)
    return Clause(
        text=" ".join(text.split()),
        metric=metric,
        operator=cast("Operator", match["operator"]),
        limit=_limit(match["limit"], metric, where) if baseline is None else float(baseline[1] or 1),
        request=request,
        is_of_baseline=baseline is not None,
        window=None if window is None else _window(window, where),
    )


def _metric(name: str, where: _Where) -> Metric:
    metric = METRICS.get(name)
    if metric is not None:
        return metric
    near = get_close_matches(name, METRICS, n=1)
    hint = f" ({near[0]}?)" if near else ""
    shown = join_names([one for one in METRICS if not one.startswith("service.")])
    raise where.wrong(f"a metric{hint}: {shown}, or service.p99 and the like", name)


def _request(text: str, metric: Metric, where: _Where) -> str:
    name = text.strip('"')
    if not name:
        raise where.wrong("the name of a request in brackets", f"[{text}]")
    if not metric.is_of_requests:
        raise where.wrong(f"no request with {metric.name}, which is not known of single requests", f"[{text}]")
    return name


def _limit(text: str, metric: Metric, where: _Where) -> float:
    value = parse_value(text, metric.quantity)
    if value is None:
        raise where.wrong(f"{EXAMPLES[metric.quantity]}, or baseline * 1.05", text)
    return value


def _check_window(metric: Metric, request: str | None, where: _Where) -> None:
    if request is not None:
        raise where.wrong("no window with a request: seconds are not kept apart by request", f"[{request}]")
    if metric.durations == "service":
        raise where.wrong("no window with times from sent, which are kept for the whole run alone", metric.name)


def _window(text: str, where: _Where) -> Window:
    if match := _LAST.fullmatch(text):
        return Window(last_s=_instant_s(match[1], text, where))
    match = _BETWEEN.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        raise where.wrong("a window such as @10s.., @10s..20s or @last 30s", f"@{text}")
    begin_s = _instant_s(match[1], text, where) if match[1] else 0.0
    end_s = _instant_s(match[2], text, where) if match[2] else None
    if end_s is not None and end_s <= begin_s:
        raise where.wrong("a window that ends after it begins", f"@{text}")
    return Window(begin_s=begin_s, end_s=end_s)


def _instant_s(text: str, window: str, where: _Where) -> float:
    value_us = parse_value(text, "duration")
    if value_us is None:
        raise where.wrong("a window such as @10s.., @10s..20s or @last 30s", f"@{window}")
    return value_us / 1e6
