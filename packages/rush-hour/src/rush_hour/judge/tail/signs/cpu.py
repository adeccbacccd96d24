"""Signs of CPU time: a machine that is full, or one process that is at its limit while others are idle."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rush_hour.judge.answer.limit import FULL_RATIO
from rush_hour.judge.tail.seconds import CpuUse, Second
from rush_hour.judge.tail.signs.sign import Facts, Sign
from rush_hour.results.resources import Role

IDLE_RATIO = 0.3  # of the busiest process, that all others of its role together may use while it is busy alone


def _alone(role: Role) -> Callable[[Second, Facts], bool]:
    def is_in(second: Second, facts: Facts) -> bool:
        return facts.processes.get(role, 0) > 1 and facts.cores != 1 and any(_busy_alone(second, role, facts))

    return is_in


def _busy_alone(second: Second, role: Role, facts: Facts) -> Iterator[CpuUse]:
    for use in second.cpu.get(role, ()):
        busiest = use.busiest_cores
        if busiest is not None and busiest >= facts.full_cores and use.cores - busiest <= IDLE_RATIO * busiest:
            yield use


def _says_alone(role: Role) -> Callable[[Sequence[Second], Facts], str]:
    def says(seconds: Sequence[Second], facts: Facts) -> str:
        uses = [use for second in seconds for use in _busy_alone(second, role, facts)]
        most = max(uses, key=lambda use: use.busiest_cores or 0.0)
        busiest, others = most.busiest_cores or 0.0, facts.processes[role] - 1
        pids = {use.busiest_pid for use in uses if use.busiest_pid is not None}
        which = f" (process {next(iter(pids))})" if len(pids) == 1 else ""
        together = f"the {others:,} others together" if others > 1 else "the other"
        return (
            f"one process of the {role}{which} used {busiest:.0%} of a core, and {together} "
            f"{max(0.0, most.cores - busiest):.0%}"
        )

    return says


def cores_used(second: Second, facts: Facts) -> dict[Role, float]:
    """Return how many cores each role used; none where nobody looked at them."""
    used: dict[Role, float] = {role: max(use.cores for use in uses) for role, uses in second.cpu.items() if uses}
    if used and facts.generator_cores:
        used["generator"] = facts.generator_cores
    return used


def most_of(used: Mapping[Role, float]) -> Role:
    """Return the role that used most."""
    return max(used, key=lambda role: used[role])


def is_cpu_full(second: Second, facts: Facts) -> bool:
    """Whether the parts of the run used all of the machine that there is."""
    used = cores_used(second, facts)
    return facts.cores is not None and bool(used) and sum(used.values()) >= FULL_RATIO * facts.cores


def _full_by(role: Role) -> Callable[[Second, Facts], bool]:
    def is_in(second: Second, facts: Facts) -> bool:
        return is_cpu_full(second, facts) and most_of(cores_used(second, facts)) == role

    return is_in


def fullest(seconds: Iterable[Second], facts: Facts) -> dict[Role, float]:
    """Return how many cores each role used in the second in which they used most together."""
    return max((cores_used(second, facts) for second in seconds), key=lambda used: sum(used.values()))


def says_cpu_full(seconds: Sequence[Second], facts: Facts) -> str:
    """Return the clause on how much of the machine's CPU was used, and by which role most."""
    used = fullest(seconds, facts)
    most, total = most_of(used), min(sum(used.values()), float(facts.cores or 0))
    of_all = f"{total:.1f} of the machine's {facts.cores} cores"
    if len(used) == 1:
        return f"the {most} used {of_all}"
    return f"the parts of the run used {of_all}, the {most} most of it ({used[most]:.1f})"


_SERVING: tuple[Role, ...] = ("server", "proxy", "database")
_ROLES: tuple[Role, ...] = (*_SERVING, "generator")
OF_CPU = (
    *(
        Sign(
            code="one-process-busy",
            role=role,
            is_in=_alone(role),
            says=_says_alone(role),
            hides=frozenset({"cpu-full", "few-answers"}),
        )
        for role in _SERVING
    ),
    *(
        Sign(code="cpu-full", role=role, is_in=_full_by(role), says=says_cpu_full, hides=frozenset({"few-answers"}))
        for role in _ROLES
    ),
)
