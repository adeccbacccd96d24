"""A run, explained: who made its bad answers and failures, why, and which setting would help."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rush_hour.core.faults import GENERATOR_PREFIX, STALLED_PREFIX
from rush_hour.judge.explain.attribution import attribute, join_ends_of_workers
from rush_hour.judge.explain.facts import ListenerDrops, MemoryKill, Surroundings
from rush_hour.judge.explain.finding import Finding
from rush_hour.judge.explain.generator_signs import CONNECT_SIGNS, FAULT_SIGNS, GENERATOR, STALLED, UNEXPLAINED
from rush_hour.judge.explain.nginx_signs import NGINX
from rush_hour.judge.explain.reading import SHOWN_CHARACTERS, read_log
from rush_hour.judge.explain.server_signs import KERNEL_DROPS, KERNEL_KILL, OUT_OF_MEMORY, WORKER_KILLED
from rush_hour.judge.explain.settings import fill_in_advice
from rush_hour.judge.explain.sign import Sign
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.resources import Role
from rush_hour.results.run import LoadResult, Run

NGINX_PAGE = "<center>nginx"


def explain(run: Run, surroundings: Surroundings) -> list[ExplainedError]:
    """Return what went wrong in a run, those that account for most of it first, and what nobody knows of last.

    Args:
        run: as it was measured.
        surroundings: logs and counters of the same time.
    """
    logged = [finding for log in surroundings.logs for finding in read_log(log)]
    findings = join_ends_of_workers(
        [
            *_seen_by_generator(run.result, surroundings.front),
            *_killed(surroundings.memory_kills or [], logged),
            *_dropped(surroundings.drops, run.result),
            *logged,
        ]
    )
    findings = [one for one in findings if not _is_of_others(one)]
    _say_whether_for_memory(findings, surroundings.memory_kills)
    left = attribute(findings, outcomes_of(run.result), run.plan.connections)
    findings.sort(key=lambda one: (one.requests or 0, one.count), reverse=True)
    explained = [
        _explained(finding, NGINX if finding.cause == "proxy" else surroundings.server_program) for finding in findings
    ]
    return [*explained, *_unexplained(left, run.result, surroundings.front)]


def outcomes_of(result: LoadResult) -> Counter[str]:
    """Return the bad answers of a run by their status, and its failures by their error."""
    return Counter(result.responses_bad_by_status) + Counter(result.errors)


def _seen_by_generator(result: LoadResult, front: Role) -> list[Finding]:
    findings: list[Finding] = []
    for name, sign in FAULT_SIGNS.items():
        attempts = result.connections.connect_failures.get(name, 0)
        if count := max(attempts, result.errors.get(GENERATOR_PREFIX + name, 0)):  # a failed attempt may be in both
            findings.append(_finding(sign, "generator", count))
    stalled = {name: count for name, count in result.errors.items() if name.startswith(STALLED_PREFIX)}
    if stalled:
        findings.append(_finding(replace(STALLED, outcomes=tuple(stalled)), "generator", sum(stalled.values())))
    refused = ((sign, result.errors.get(sign.outcomes[0], 0)) for sign in CONNECT_SIGNS)
    return findings + [_finding(sign, "generator", failed, cause=front) for sign, failed in refused if failed]


def _is_of_others(finding: Finding) -> bool:
    """Whether the kernel killed a process that is no part's: that explains nothing."""
    return finding.sign.code == OUT_OF_MEMORY and finding.cause is None


def _killed(kills: Iterable[MemoryKill], logged: Sequence[Finding]) -> list[Finding]:
    findings: dict[Role | None, Finding] = {}
    for kill in kills:
        ended = (one.role for one in logged if kill.process in one.processes)  # of a life too short to be seen
        role = kill.role or next(ended, None)
        finding = findings.setdefault(role, _finding(KERNEL_KILL, role or "server", 0, cause=role, shown=kill.text))
        finding.count += 1
        if kill.process is not None:
            finding.processes[kill.process] += 1
    return list(findings.values())


def _dropped(drops: Iterable[ListenerDrops], result: LoadResult) -> list[Finding]:
    findings: list[Finding] = []
    for one in drops:
        was_long = one.backlog is None or 2 * one.most_waiting >= one.backlog
        if not was_long and "connect:ETIMEDOUT" not in result.errors:
            continue  # packets of connections that are gone are dropped too, and others' queues may have been full
        waiting = ("timeout",) if one.is_full else ()  # who waits in the queue has connected, and gets no answer
        sign = replace(KERNEL_DROPS, outcomes=(*KERNEL_DROPS.outcomes, *waiting))
        queue = "" if one.backlog is None else f", backlog {one.backlog:,}"
        shown = f"ListenOverflows at {one.address}{queue}"
        findings.append(_finding(sign, one.role or "server", one.dropped, cause=one.role, shown=shown))
    return findings


def _finding(sign: Sign, role: Role, count: int, *, cause: Role | None = None, shown: str | None = None) -> Finding:
    return Finding(
        sign=sign,
        role=role,
        program=sign.program,
        what=sign.what,
        shown=sign.shown if shown is None else shown,
        cause=cause or sign.cause,
        count=count,
    )


def _say_whether_for_memory(findings: Iterable[Finding], kills: Sequence[MemoryKill] | None) -> None:
    """Say of workers that were killed, and not for want of memory as far as is known, how far that is."""
    known = "the kernel did not do it for want of memory"
    unknown = "whether for want of memory, the kernel does not say here"
    for finding in findings:
        if finding.sign.code == WORKER_KILLED:
            finding.what += f"; {unknown if kills is None else known}"


def _explained(finding: Finding, program: str) -> ExplainedError:
    return ExplainedError(
        role=finding.role,
        program=finding.program,
        count=finding.count,
        what=finding.what,
        sign=finding.shown,
        code=finding.sign.code,
        cause=finding.cause,
        advice=fill_in_advice(finding.sign.advice, program),
        log=finding.log,
        line=finding.line,
        requests=finding.requests,
    )


def _unexplained(left: Counter[str], result: LoadResult, front: Role) -> list[ExplainedError]:
    """Return one entry for all that nobody explains, with what is known of it; none where there is nothing."""
    if not left:
        return []
    seen = ", ".join(
        f"{count:,} with {f'status {name}' if name.isdigit() else name}" for name, count in left.most_common()
    )
    bad = result.first_bad
    first = f"; the first bad answer had {bad.what}" if bad is not None and str(bad.status) in left else ""
    if first and bad is not None and bad.begins:
        is_page = NGINX_PAGE in bad.begins and front == "proxy"
        first += ", and was nginx's own page" if is_page else f", and began with {bad.begins[:SHOWN_CHARACTERS]!r}"
    return [
        ExplainedError(
            role="generator",
            program=GENERATOR,
            count=left.total(),
            what=f"no log and no counter says why: {seen}{first}",
            sign="",
            code=UNEXPLAINED,
            advice="Look at the ends of the logs, and ask for the URL by hand.",
            requests=left.total(),
        )
    ]
