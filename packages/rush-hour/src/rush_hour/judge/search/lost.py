"""Runs whose objective is lost already, whatever comes after: they need not go on. Pure.

Only what is beyond doubt counts: so many answers came too late, or went wrong, that all that is still due could not
make up for them. Clauses of which that cannot be said are left for the end.
"""

import numpy as np

from rush_hour.core.figures import TimelineRow
from rush_hour.core.histogram import LOWEST_US, Histogram
from rush_hour.judge.objective.objective import Clause, Objective

TOLERANCE = 1e-9


class Losses:
    """What a run has lost so far.

    Args:
        objective: that it is to meet.
        requests_due: in the whole run.
    """

    def __init__(self, objective: Objective, requests_due: float) -> None:
        self._due = requests_due
        self._bounds = [clause for clause in objective.clauses if clause.is_bound_of_latency]
        self._shares = [clause for clause in objective.clauses if _is_bound_of_faults(clause)]
        self._slow = [0] * len(self._bounds)
        self._faulty = 0

    def add(self, row: TimelineRow) -> None:
        """Count one more second."""
        self._faulty += row.bad + row.failed
        if row.histogram_us is None or not self._bounds:
            return
        counts = Histogram.decode(row.histogram_us).counts
        for number, clause in enumerate(self._bounds):
            self._slow[number] += int(counts[np.searchsorted(LOWEST_US, clause.limit) :].sum())

    @property
    def lost(self) -> Clause | None:
        """The clause that cannot be met any more; None while all can be."""
        for clause, slow in zip(self._bounds, self._slow, strict=True):
            if clause.metric.percent is not None and slow > (1 - clause.metric.percent / 100) * self._due + 1:
                return clause
        for clause in self._shares:
            allowed = 1 - clause.limit if clause.metric.name == "good" else clause.limit
            if self._faulty > allowed * self._due + TOLERANCE:
                return clause
        return None


def _is_bound_of_faults(clause: Clause) -> bool:
    if clause.window is not None or clause.request is not None or clause.is_of_baseline:
        return False
    return (clause.metric.name, clause.operator) in {
        ("good", ">="), ("good", ">"), ("errors", "<="), ("errors", "<"),
    }  # fmt: skip
