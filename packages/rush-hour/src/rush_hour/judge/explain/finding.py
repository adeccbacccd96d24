"""Findings: a sign, and where and how often it was found."""

from collections import Counter
from dataclasses import dataclass, field

from rush_hour.judge.explain.sign import Sign
from rush_hour.results.resources import Role


@dataclass(slots=True, kw_only=True, eq=False)
class Finding:
    """A sign that was found.

    Attributes:
        role: the role whose log or counter has it.
        what, shown: in place of the sign's, where it leaves them open.
        cause: the role that made it.
        count: how often it was found.
        processes: how often for each process, where the lines name them.
        requests: how many of the run's bad answers and failures it accounts for; None where that cannot be told.
        log, line: where it was found first.
    """

    sign: Sign
    role: Role
    program: str
    what: str
    shown: str
    cause: Role | None
    count: int = 0
    processes: Counter[str] = field(default_factory=Counter)
    requests: int | None = None
    log: str | None = None
    line: int | None = None
