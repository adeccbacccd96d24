"""A sign: something that somebody saw in a second, such as statements that waited for locks.

That it was seen in the slow seconds and hardly in the others is all that is claimed of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rush_hour.judge.answer.limit import FULL_RATIO
from rush_hour.judge.tail.seconds import Second
from rush_hour.judge.trust import OTHER_LOAD_RATIO
from rush_hour.results.resources import Role
from rush_hour.results.run import Run

CROWDED_RATIO = 0.5  # the same of a process, where other programs take much of the machine: it may have got no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the signs compare a second with.

    Attributes:
        cores: of the servers' machine; None where that is not known.
        processes: how many each role had.
        usual_good, usual_p50_us: answers and median latency of the usual second.
        usual_longest_s: of the oldest statement, in the usual second.
        most_connections: that were open at once.
        max_connections: of the database; None where nobody looked.
        full_cores: of one core, that a process uses at least which wants all of it.
        generator_cores: that the load generator used all along.
        usual_offered_per_s: that was offered in the usual second; None where the rate did not change.
    """

    cores: int | None
    processes: dict[Role, int]
    usual_good: float
    usual_p50_us: float
    usual_longest_s: float
    most_connections: int
    max_connections: int | None
    full_cores: float
    generator_cores: float
    usual_offered_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that may move.

    Attributes:
        role: where it is seen; None where it is nobody's own.
        is_in: whether it is seen in a second.
        says: what was seen in those seconds, as a clause.
        hides: codes of what is said with it already.
    """

    code: str
    role: Role | None
    is_in: Callable[[Second, Facts], bool]
    says: Callable[[Sequence[Second], Facts], str]
    hides: frozenset[str] = frozenset()


def facts_of(run: Run, usual: Sequence[Second], cores: int | None) -> Facts:
    """Return what the seconds of a run are compared with.

    Args:
        run: the run.
        usual: its seconds that are not slow.
        cores: of the servers' machine; None where that is not known.
    """
    roles = {} if run.resources is None else run.resources.by_role()
    elapsed_s = run.result.elapsed_s
    offered = [second.offered_per_s for second in usual if second.offered_per_s is not None]
    is_shared = run.verdict.message_of("shared-cores") is not None
    return Facts(
        cores=cores,
        processes={role: len(usage.processes) for role, usage in roles.items()},
        usual_good=median([second.row.good for second in usual] or [0]),
        usual_p50_us=median([second.row.p50_us for second in usual if second.row.p50_us is not None] or [0]),
        usual_longest_s=median([longest_s(second) for second in usual if second.looks] or [0.0]),
        most_connections=max((row.open_connections for row in run.result.timeline), default=0),
        max_connections=None if run.database is None else run.database.max_connections,
        full_cores=CROWDED_RATIO if (run.others_cpu_ratio or 0.0) > OTHER_LOAD_RATIO else FULL_RATIO,
        generator_cores=run.result.generator.cpu_s / elapsed_s if is_shared and elapsed_s > 0 else 0.0,
        usual_offered_per_s=median(offered) if offered else None,
    )


def longest_s(second: Second) -> float:
    """Return for how long the oldest statement seen had been executed."""
    return max((look.longest_s for look in second.looks), default=0.0)
