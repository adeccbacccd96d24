"""What became of a requirement: a clause held against a system. Plain data, with its words.

| state | |
|---|---|
| met | the figure keeps its limit, as far as repeats tell with their whole interval |
| not met | it does not |
| cannot tell | the measurement cannot be trusted, or the interval has the limit in it |
| no data | there is no such figure; what is not known is not met |
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rush_hour.core.intervals import Interval
from rush_hour.exit_codes import NOT_MET, UNTRUSTED
from rush_hour.judge.objective.evaluation import beyond_ratio
from rush_hour.judge.objective.objective import Clause
from rush_hour.judge.objective.quantities import format_beside, format_value

State = Literal["not met", "no data", "cannot tell", "met"]
STATES: tuple[State, ...] = ("not met", "no data", "cannot tell", "met")  # the worst first


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A clause, held against a system.

    Attributes:
        system: its name.
        runs: how many the figure is of.
        value: the figure; of several runs their mean. None where there is none that says something.
        limit: what it is held against; None where the baseline has none.
        spread: of the figure over repeats; None for one run.
        ratio: of the figure to the limit, with its interval; None where the figure itself is held against it.
        reason: why it cannot be told, or there is no data.
    """

    system: str
    clause: Clause
    state: State
    runs: int = 0
    value: float | None = None
    limit: float | None = None
    spread: Interval | None = None
    ratio: Interval | None = None
    reason: str = ""

    @property
    def beyond_ratio(self) -> float | None:
        """By what share of the limit the figure lies on its wrong side; below 0 on the right one; None if unknown."""
        return beyond_ratio(self.clause, self.value, self.limit)

    @property
    def figure_text(self) -> str:
        """The figure for reading; empty where there is none."""
        return "" if self.value is None else self._beside_limit(self.value)[0]

    @property
    def limit_text(self) -> str:
        """The operator and the limit for reading; of a baseline without a figure, as it was written."""
        if self.limit is None:
            return self.clause.written_bound
        if self.value is None:
            return self.clause.bound(self.limit)
        return f"{self.clause.operator} {self._beside_limit(self.value)[1]}"

    def _beside_limit(self, value: float) -> tuple[str, str]:
        """Return figure and limit for reading; where one keeps the other or does not, they are told apart."""
        quantity = self.clause.metric.quantity
        limit = value if self.limit is None else self.limit
        if self.state == "cannot tell":
            return format_value(value, quantity), format_value(limit, quantity)
        return format_beside(value, limit, quantity)

    @property
    def beyond_text(self) -> str:
        """By how much it is not met, for reading: `65 % beyond`; empty where that is not known, or it is met."""
        beyond = self.beyond_ratio
        if self.state != "not met" or beyond is None or beyond <= 0:
            return ""
        return f"{_percent(beyond)} beyond"

    @property
    def margin_text(self) -> str:
        """Where the whole interval of the ratio lies, for reading: `4.1 % to 9 % beyond`; empty without one."""
        if self.ratio is None:
            return ""
        low, high = sorted(_share_beyond(self.clause, ratio) for ratio in (self.ratio.low, self.ratio.high))
        if low < 0 < high:
            return f"from {_percent(-low)} within to {_percent(high)} beyond"
        ends = [_percent(end) for end in sorted((abs(low), abs(high)))]
        return f"{' to '.join(dict.fromkeys(ends))} {'beyond' if high > 0 else 'within'}"

    @property
    def note(self) -> str:
        """What there is to say beside figure and limit."""
        if self.state in {"no data", "cannot tell"}:
            return self.reason
        return self.margin_text or self.beyond_text

    def sentence(self, *, names_system: bool = False) -> str:
        """Return it in words, without a full stop.

        Args:
            names_system: whether there are others.
        """
        name = self.clause.figure + (f" of {self.system}" if names_system else "")
        match self.state:
            case "no data":
                return f"{name}: no data ({self.reason})"
            case "cannot tell":
                return f"{name} {f'is {self.figure_text}' if self.figure_text else self.limit_text} ({self.reason})"
            case "met":
                return f"{name} is {self.figure_text}, {self.limit_text}"
        beyond = f" ({self.beyond_text})" if self.beyond_text else ""
        return f"{name} is {self.figure_text}, not {self.limit_text}{beyond}"


def _share_beyond(clause: Clause, ratio: float) -> float:
    """Return by what share of the limit a ratio to it lies on its wrong side."""
    beyond = beyond_ratio(clause, ratio, 1.0)
    assert beyond is not None, "1 is not 0"
    return beyond


def _percent(ratio: float) -> str:
    """Return a share of a limit for reading; of one many times as large, how many times."""
    if ratio >= 10:
        return f"{1 + ratio:,.0f} times" if ratio < 1e6 else "over a million times"
    percent = 100 * ratio
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.2g} %" if percent >= 0.01 else "less than 0.01 %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """All requirements of a document.

    Attributes:
        findings: in the order in which they were required, system by system.
        notes: what is to be known of the measurement, a sentence each.
    """

    findings: list[Finding]
    notes: list[str] = field(default_factory=list)

    def of(self, *states: State) -> list[Finding]:
        """Return the findings of these states, the worst first."""
        return worst_first([one for one in self.findings if one.state in states])

    @property
    def systems(self) -> list[str]:
        """The names of the systems that something is required of."""
        return list(dict.fromkeys(one.system for one in self.findings))

    @property
    def exit_code(self) -> int:
        """0 if all are met; what is known not to be met comes before what cannot be told."""
        if not self.findings or self.of("not met", "no data"):
            return NOT_MET
        return UNTRUSTED if self.of("cannot tell") else 0


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with the worst ones first: not met, and of these the farthest beyond its limit."""
    return sorted(findings, key=lambda one: (STATES.index(one.state), -_distance(one)))


def _distance(finding: Finding) -> float:
    beyond = finding.beyond_ratio
    return math.inf if beyond is None else beyond
