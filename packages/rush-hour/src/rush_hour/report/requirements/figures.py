"""The figures of a check for those that keep them from commit to commit: github-action-benchmark, Bencher, scripts.

Only what can be trusted is handed on, each figure once, in a unit that is always the same.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from rush_hour.core.intervals import Interval
from rush_hour.judge.objective.quantities import Quantity
from rush_hour.judge.require.finding import Check, Finding
from rush_hour.judge.require.sentence import answer_of_check

# The unit of each quantity, and what it is in that in which figures are kept.
_UNITS: dict[Quantity, tuple[str, float]] = {
    "duration": ("ms", 1e3),
    "share": ("%", 0.01),
    "rate": ("/s", 1.0),
    "size": ("MiB", 2.0**20),
}
MEASURE_CHARACTERS = 64  # of a measure's name, that Bencher takes
BENCHMARK_CHARACTERS = 1024
DIGEST_CHARACTERS = 8


def check_json(check: Check) -> str:
    """Return a check for scripts."""
    return _text(
        {
            "answer": answer_of_check(check),
            "exit_code": check.exit_code,
            "requirements": [_requirement(one) for one in check.findings],
            "notes": check.notes,
        }
    )


def _requirement(finding: Finding) -> dict[str, Any]:
    unit, size = _UNITS[finding.clause.metric.quantity]
    ratio = finding.ratio
    return {
        "system": finding.system,
        "requirement": finding.clause.text,
        "state": finding.state,
        "value": None if finding.value is None else _rounded(finding.value / size),
        "limit": None if finding.limit is None else _rounded(finding.limit / size),
        "unit": unit,
        "beyond_ratio": None if finding.beyond_ratio is None else _rounded(finding.beyond_ratio),
        "ratio_to_limit": None if ratio is None else {"low": _rounded(ratio.low), "high": _rounded(ratio.high)},
        "runs": finding.runs,
        "reason": finding.reason,
    }


def benchmark_action(check: Check, *, is_higher_better: bool) -> str:
    """Return the figures for github-action-benchmark's `customBiggerIsBetter`, or `customSmallerIsBetter`."""
    return _text([_entry(one) for one in _known(check) if one.clause.metric.is_higher_better == is_higher_better])


def _entry(finding: Finding) -> dict[str, Any]:
    unit, size = _UNITS[finding.clause.metric.quantity]
    entry = {
        "name": f"{finding.system}: {finding.clause.figure}",
        "unit": unit,
        "value": _rounded((finding.value or 0.0) / size),
        "extra": f"{finding.clause.text}: {finding.state}, {finding.runs} run{'s' if finding.runs != 1 else ''}",
    }
    if finding.spread is not None:
        entry["range"] = f"± {_rounded((finding.spread.high - finding.spread.low) / 2 / size)}"
    return entry


def bencher(check: Check) -> str:
    """Return the figures in Bencher's metric format: of repeats with their interval."""
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    for one in _known(check):
        unit, size = _UNITS[one.clause.metric.quantity]
        name = f"{_shortened(one.clause.figure, MEASURE_CHARACTERS - len(unit) - 3)} ({unit})"
        metric = {"value": _rounded((one.value or 0.0) / size), **_bounds(one.spread, size)}
        metrics.setdefault(_shortened(one.system, BENCHMARK_CHARACTERS), {})[name] = metric
    return _text(metrics)


def _shortened(name: str, most: int) -> str:
    """Return a name of at most so many characters; the digest of a longer one tells it from others that begin alike."""
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST_CHARACTERS]
    return f"{name[: most - len(digest) - 1]}~{digest}"


def _bounds(spread: Interval | None, size: float) -> dict[str, float]:
    if spread is None:
        return {}
    return {"lower_value": _rounded(spread.low / size), "upper_value": _rounded(spread.high / size)}


def _known(check: Check) -> Iterator[Finding]:
    """Yield the findings that have a figure, of those about the same one the first."""
    seen: set[tuple[str, str]] = set()
    for one in check.findings:
        key = (one.system, one.clause.figure)
        if one.value is not None and key not in seen:
            seen.add(key)
            yield one


def _rounded(number: float) -> float:
    return float(f"{number:.6g}")


def _text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
