"""Pictures of one line: bars and sparklines. `outlets.py` knows what stands for each block on an ASCII terminal."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rush_hour.results.run import PlanFacts, Run

_FULL, _HALF, _TRACK = "━", "╸", "·"
_LEVELS = " ▁▂▃▄▅▆▇"  # not to the top: the next row's begin there
SHORTEST_S = 0.1  # of a second that was cut short; what came in less says nothing


def bar(ratio: float, width: int) -> str:
    """Return a bar of a share from 0 to 1, the rest of it as its track."""
    halves = min(max(round(ratio * width * 2), 1 if ratio > 0 else 0), 2 * width)
    return (_FULL * (halves // 2) + _HALF * (halves % 2)).ljust(width, _TRACK)


def sparkline(values: Sequence[float], top: float, width: int) -> str:
    """Return values as blocks, from nothing at 0 to the highest at `top`; of more than fit, means of equal spans."""
    if len(values) > width:
        edges = [round(number * len(values) / width) for number in range(width + 1)]
        values = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    highest = len(_LEVELS) - 1
    return "".join(_LEVELS[min(highest, max(1, round(highest * value / top))) if value > 0 else 0] for value in values)


def good_each_second(run: Run) -> list[float]:
    """Return the good answers of each second in which requests were due, per second."""
    good: Counter[int] = Counter()
    lengths_s: dict[int, float] = {}
    last = math.ceil(run.plan.duration_s - SHORTEST_S)
    for row in run.result.timeline:
        second = max(1, math.ceil(row.at_s - SHORTEST_S))
        if second <= max(1, last):
            good[second] += row.good
            lengths_s[second] = min(1.0, max(SHORTEST_S, row.at_s - (second - 1)))
    return [good[second] / lengths_s.get(second, 1.0) for second in range(1, max(good, default=0) + 1)]


def goodput_line(run: Run, width: int) -> str:
    """Return the sparkline of a run's good answers, against what was offered."""
    values = good_each_second(run)
    return sparkline(values, top_of(run.plan, values), width)


def top_of(plan: PlanFacts, values: Sequence[float]) -> float:
    """Return what the highest block is: the highest rate that is offered, or the most that came."""
    return plan.highest_per_s or max([1.0, *values])
