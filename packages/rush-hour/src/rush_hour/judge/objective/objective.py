"""An objective: clauses that a run must keep, such as `p99 < 100ms, good >= 99.9%`. Plain data; `parsing.py` reads it.

objective = clause { "," clause }
clause    = metric [ "[" request-name "]" ] op ( value | "baseline" [ "*" number ] ) [ "@" window ]
op        = < <= = >= >
window    = FROM ".." TO, either of which may be left out | "last" DURATION
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rush_hour.judge.objective.metrics import Metric
from rush_hour.judge.objective.quantities import format_value

Operator = Literal["<", "<=", "=", ">=", ">"]
OPERATORS: dict[Operator, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Seconds of a run, whole ones: counted from its start, or from its end.

    Attributes:
        begin_s, end_s: since the start; None for the end of the run.
        last_s: the last so many seconds instead; None for those between the two.
    """

    begin_s: float = 0.0
    end_s: float | None = None
    last_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing that must hold.

    Attributes:
        text: as it was written.
        request: the name of the request that it is about; None for all.
        limit: in the unit of the metric's quantity, or the factor of the baseline's figure.
        is_of_baseline: whether the limit is such a factor.
        window: the seconds that it is about; None for the whole run.
    """

    text: str
    metric: Metric
    operator: Operator
    limit: float
    request: str | None = None
    is_of_baseline: bool = False
    window: Window | None = None

    @property
    def figure(self) -> str:
        """The figure that it is about, as it was written: `p99[orders] @10s..`."""
        request = "" if self.request is None else f"[{self.request}]"
        window = self.text.rpartition("@")[2].strip() if self.window is not None else ""
        return f"{self.metric.name}{request}{f' @{window}' if window else ''}"

    @property
    def is_bound_of_latency(self) -> bool:
        """Whether it keeps durations from the moment requests were due, of the whole run, below a value."""
        is_upper = self.operator in {"<", "<="} and not self.is_of_baseline
        return is_upper and self.metric.durations == "latency" and self.window is None and self.request is None

    def is_kept_by(self, value: float, limit: float) -> bool:
        """Whether a figure keeps a limit."""
        return OPERATORS[self.operator](value, limit)

    @property
    def written_bound(self) -> str:
        """The operator and what stands behind it, for reading: `< 100 ms`, `<= baseline * 1.05`."""
        if not self.is_of_baseline:
            return self.bound(self.limit)
        return f"{self.operator} baseline" + ("" if self.limit == 1 else f" * {self.limit:g}")

    def bound(self, limit: float) -> str:
        """Return the operator and a limit, for reading: `< 100 ms`."""
        return f"{self.operator} {format_value(limit, self.metric.quantity)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Clauses, all of which must hold."""

    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        """As it was written."""
        return ", ".join(clause.text for clause in self.clauses)
