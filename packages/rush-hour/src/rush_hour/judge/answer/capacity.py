"""The answer of a capacity: the rate with its interval, what it was to meet, what gave first. Pure.

1,240/s (1,190-1,290) with p99 < 100ms, then the server's CPU is full.
"""

import math

from rush_hour.results.capacity import Capacity, CeilingReason
from rush_hour.results.document import Document
from rush_hour.units import format_per_s

_CEILINGS: dict[CeilingReason, str] = {
    "generator": "the load generator can offer no more",
    "max-rate": "more was not to be tried",
}


def answer_capacity(document: Document, *, is_named: bool) -> str:
    """Return what a capacity is.

    Args:
        document: of a capacity.
        is_named: whether its system is to be named: there are others.
    """
    found = document.capacity
    assert found is not None, "the document of a capacity has one"
    name = f"{document.systems[0].name}: " if is_named and document.systems else ""
    sentence = _fails(found) if found.rate_per_s is None else _holds(found)
    if document.systems and document.systems[0].status == "failed":
        reason = (document.systems[0].reason or "").partition("\n")[0].rstrip(".")
        sentence += f" Then it ended: {reason}."
    return name + sentence + _cliff(found)


def interval_text(found: Capacity) -> str:
    """Return the interval, for reading, with a dash between its ends; empty where it has no upper one."""
    if found.low_per_s is None or found.high_per_s is None:
        return ""
    return f"{format_per_s(found.low_per_s)}–{format_per_s(found.high_per_s)}"


def _holds(found: Capacity) -> str:
    rate = format_per_s(found.rate_per_s or 0.0)
    meets = f"with {found.objective}"
    if found.at_least:
        why = "" if found.ceiling is None else f"; {_CEILINGS[found.ceiling]}"
        return f"At least {rate}/s {meets}{why}{_interrupted(found)}."
    then = "" if found.gave_first is None else f", then {found.gave_first.says}"
    return f"{rate}/s ({interval_text(found)}) {meets}{then}{_interrupted(found)}."


def _interrupted(found: Capacity) -> str:
    return "; the search was interrupted" if found.ending == "interrupted" else ""


def _fails(found: Capacity) -> str:
    if found.ending == "interrupted":
        return f"What it holds with {found.objective} is not known: the search was interrupted."
    missed = [step for step in found.steps if step.verdict == "not met" and step.purpose not in {"alone", "burst"}]
    if not missed or found.lowest_per_s is None:
        return f"What it holds with {found.objective} is not known."
    lowest = min(missed, key=lambda step: step.rate_per_s or math.inf)
    rate_per_s = found.lowest_per_s if lowest.rate_per_s is None else lowest.rate_per_s
    why = f": {lowest.why[0]}" if lowest.why and lowest.rate_per_s is not None else ""
    return f"No rate was found with {found.objective}; at {format_per_s(rate_per_s)}/s already it is missed{why}."


def _cliff(found: Capacity) -> str:
    cliff = found.cliff
    if cliff is None:
        return ""
    left, best = format_per_s(cliff.goodput_per_s), format_per_s(cliff.best_per_s)
    return f" Above that is a cliff: at {format_per_s(cliff.rate_per_s)}/s only {left}/s of {best}/s are answered well."
