"""What may make the tail of a whole run long: conditions that were there all along, or most of the time.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rush_hour.judge.answer.limit import FULL_RATIO
from rush_hour.judge.tail.seconds import Second
from rush_hour.judge.tail.signs.cpu import fullest, is_cpu_full, most_of, says_cpu_full
from rush_hour.judge.tail.signs.sign import Facts
from rush_hour.judge.trust import OTHER_LOAD_RATIO, SEND_LAG_ALWAYS_FINE_US, SEND_LAG_RATIO
from rush_hour.results.evidence import DatabaseActivity, Statement
from rush_hour.results.resources import ProcessUsage, Role
from rush_hour.results.run import Run
from rush_hour.units import format_duration_us

WAITING_RATIO = 2.0  # between p99 from when requests were due and p99 from when they were sent
WAITING_US = 10_000  # and by how much; what is less is made by a busy machine alone
TAIL_RATIO = 10.0  # between p99 and the median of service time, or between two requests: a long tail, not a wide one
TAIL_US = 50_000  # and by how much; a core that is shared makes waits of tens of milliseconds by itself
MOST_RATIO = 0.5  # of the seconds, or of the looks at the database
LEAST_LOOKS = 4  # fewer looks at the database say nothing
SLOW_STATEMENT_S = 0.05  # that the oldest statement is old in the usual look: what is less is many short ones
SHARE_OF_LATENCY_RATIO = 0.25  # of the median service time, that a slow statement is
LOADED_CORES = 0.5  # that a process uses which has most of the work: below it, work waits for others seldom
STATEMENT_CHARACTERS = 120  # of a statement in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that was there all along: its code, the role, and what is known, as a clause."""

    code: str
    role: Role | None
    says: str


def conditions_of(run: Run, seconds: Sequence[Second], facts: Facts) -> list[Condition]:
    """Return what was there in the whole run, what says most first.

    Args:
        run: the run.
        seconds: all of it that say something.
        facts: what the run is known to have.
    """
    found = [
        _generator_late(run),
        *([] if run.database is None else _database(run, run.database)),
        _one_worker(run),
        _cpu_full(seconds, facts),
        _waiting(run),
        _slow_answers(run),
        _one_request(run),
    ]
    return [condition for condition in found if condition is not None]


def other_load(run: Run) -> Condition | None:
    """Return what may be behind anything else that is found: other programs on the machine."""
    ratio = run.others_cpu_ratio
    if ratio is None or ratio <= OTHER_LOAD_RATIO:
        return None
    says = f"other programs used {ratio:.0%} of the machine's CPU meanwhile, which makes latencies long too"
    return Condition(code="other-load", role=None, says=says)


def _generator_late(run: Run) -> Condition | None:
    lag, latency = run.result.send_lag_us, run.result.latency_us
    if lag is None or latency is None or lag.p99 <= max(SEND_LAG_ALWAYS_FINE_US, SEND_LAG_RATIO * latency.p99):
        return None
    says = (
        f"the load generator itself sent up to {format_duration_us(lag.p99)} late (99th percentile), "
        f"of a p99 of {format_duration_us(latency.p99)}: that part is its own"
    )
    return Condition(code="generator-late", role="generator", says=says)


def _waiting(run: Run) -> Condition | None:
    latency, service, lag = run.result.latency_us, run.result.service_time_us, run.result.send_lag_us
    if latency is None or service is None:
        return None
    own_us = 0 if lag is None else lag.p99
    if latency.p99 - own_us <= max(WAITING_RATIO * service.p99, service.p99 + WAITING_US):
        return None
    says = (
        f"p99 is {format_duration_us(latency.p99)} from when requests were due, and "
        f"{format_duration_us(service.p99)} from when they were sent: most of it is waiting for a connection "
        f"that still waited for an earlier answer, which took up to {format_duration_us(service.max)}"
    )
    return Condition(code="waiting-for-connections", role=None, says=says)


def _slow_answers(run: Run) -> Condition | None:
    service = run.result.service_time_us
    if service is None or service.p99 <= max(TAIL_RATIO * service.p50, service.p50 + TAIL_US):
        return None
    says = (
        f"half of the good answers came within {format_duration_us(service.p50)} of when they were asked for, and one "
        f"in a hundred took {format_duration_us(service.p99)} or longer: that is not waiting for a connection"
    )
    has_proxy = run.resources is None or run.resources.proxy is not None
    return Condition(code="slow-answers", role=None if has_proxy else "server", says=says)


def _one_request(run: Run) -> Condition | None:
    """One of several requests with names that is slower than all others."""
    known = [(one.latency_us.p99, one.name) for one in run.result.requests if one.latency_us is not None]
    known = [(p99_us, name) for p99_us, name in known if p99_us > 0]
    if len(known) < 2:
        return None
    *_, (next_us, _), (worst_us, worst) = sorted(known)
    if worst_us <= max(TAIL_RATIO * next_us, next_us + TAIL_US):
        return None
    says = (
        f"p99 of the request {worst!r} is {format_duration_us(worst_us)}, "
        f"and that of every other at most {format_duration_us(next_us)}"
    )
    return Condition(code="one-request", role=None, says=says)


def _database(run: Run, database: DatabaseActivity) -> list[Condition | None]:
    looks = [look for look in database.timeline if look.connections]
    if len(looks) < LEAST_LOOKS:
        return []
    waiting = [look for look in looks if look.waiting]
    if len(waiting) >= MOST_RATIO * len(looks):
        says = (
            f"statements waited for locks in the database in {_share(len(waiting), len(looks))}, "
            f"up to {max(look.waiting for look in waiting):,} at once"
        )
        return [Condition(code="database-locks", role="database", says=says)]
    active = [look for look in looks if look.active]
    usual_s = median(look.longest_s for look in active) if active else 0.0
    if len(active) < MOST_RATIO * len(looks) or usual_s < SLOW_STATEMENT_S or not _matters(run, usual_s):
        return []
    says = (
        f"the database was executing statements in {_share(len(active), len(looks))}, "
        f"the oldest for {format_duration_us(1e6 * usual_s)} in the usual one{_most_seen(database.statements)}"
    )
    return [Condition(code="database-slow-statement", role="database", says=says)]


def _matters(run: Run, statement_s: float) -> bool:
    service = run.result.service_time_us
    return service is None or 1e6 * statement_s >= SHARE_OF_LATENCY_RATIO * service.p50


def _most_seen(statements: Sequence[Statement]) -> str:
    most = max(statements, key=lambda statement: statement.seen_active, default=None)
    if most is None or not most.seen_active:
        return ""
    text = most.text if len(most.text) <= STATEMENT_CHARACTERS else most.text[:STATEMENT_CHARACTERS] + "..."
    own = ""
    if most.calls and most.total_s is not None:
        own = f" ({most.calls:,} times, {format_duration_us(1e6 * most.total_s / most.calls)} each on average)"
    return f"; seen most: {text}{own}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} looks"


def _one_worker(run: Run) -> Condition | None:
    """One process with most of the work of several: by its answers where they are known, else by its CPU time.

    One of them may be a supervisor, which has no part in the work.
    """
    elapsed_s = run.result.elapsed_s
    processes = [] if run.resources is None else run.resources.server.processes
    busiest = max(processes, key=lambda process: process.cpu_s, default=None)
    if busiest is None or elapsed_s <= 0 or busiest.cpu_s < LOADED_CORES * elapsed_s:
        return None
    answers = {process.pid: float(process.answers) for process in processes if process.answers is not None}
    if len(answers) > 1:
        share, of = _part_of(busiest, answers), "the answers"
        peers = len(answers) if all(answers.values()) else len(answers) - 1
    else:
        share, of = _part_of(busiest, {process.pid: process.cpu_s for process in processes}), "the CPU time"
        peers = len(processes) - 1
    if peers < 2 or share < (1 / peers + 1) / 2:  # half-way from a fair share to all of it
        return None
    says = (
        f"process {busiest.pid} of the server's {len(processes):,} had {share:.0%} of {of}, "
        f"and used {busiest.cpu_s / elapsed_s:.0%} of a core"
    )
    return Condition(code="one-worker", role="server", says=says)


def _part_of(one: ProcessUsage, parts: dict[int, float]) -> float:
    total = sum(parts.values())
    return parts.get(one.pid, 0.0) / total if total > 0 else 0.0


def _cpu_full(seconds: Sequence[Second], facts: Facts) -> Condition | None:
    full = [second for second in seconds if is_cpu_full(second, facts)]
    if not full or len(full) < MOST_RATIO * len(seconds):
        return None
    says = f"the machine's CPU was full in {len(full):,} of {len(seconds):,} seconds (from {FULL_RATIO:.0%}): "
    return Condition(code="cpu-full", role=most_of(fullest(full, facts)), says=says + says_cpu_full(full, facts))
