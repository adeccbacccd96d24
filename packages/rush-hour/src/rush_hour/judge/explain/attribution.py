"""How many of a run's bad answers and failures each finding accounts for. Each is counted once, or said to be nobody's.

Two findings that could account for the same requests, with fewer requests than they ask for, account for them together:
how many each does cannot be told.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rush_hour.judge.explain.finding import Finding
from rush_hour.judge.explain.server_signs import OUT_OF_MEMORY, WORKER_CRASHED, WORKER_KILLED, WORKER_TIMEOUT
from rush_hour.judge.explain.sign import Reach

ENDS_OF_A_WORKER = (WORKER_KILLED, WORKER_CRASHED)
_ORDER = {"generator": 0, "proxy": 1, "server": 2, "database": 3}


def join_ends_of_workers(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings without the ends of workers that others tell the reason of; those get the line in the log."""
    reasons = [one for one in findings if one.sign.reach is Reach.SEVERAL and one.sign.code not in ENDS_OF_A_WORKER]
    kept: list[Finding] = []
    for finding in findings:
        if finding.sign.code in ENDS_OF_A_WORKER:
            for reason in reasons:
                _join(finding, reason)
        if finding.count:
            kept.append(finding)
    return kept


def _join(end: Finding, reason: Finding) -> None:
    """Take the workers out whose end has that reason."""
    same = end.processes & reason.processes
    joined = same.total()
    end.processes -= same
    if reason.sign.code in {OUT_OF_MEMORY, WORKER_TIMEOUT} and end.sign.code == WORKER_KILLED:
        joined += min(end.count - joined, reason.count - reason.processes.total())  # those that are not named
    end.count -= joined
    if joined and reason.log is None:
        reason.log, reason.line = end.log, end.line
    if joined and reason.cause is None:
        reason.cause = end.cause


def attribute(findings: Sequence[Finding], outcomes: Counter[str], in_flight: int) -> Counter[str]:
    """Say of each finding how many requests it accounts for, and return the outcomes that none does.

    Args:
        findings: of the whole run; their `requests` are set.
        outcomes: the run's bad answers by status, and its failures by error.
        in_flight: how many requests can be in hand at once: as many as there are connections.
    """
    left = Counter(outcomes)
    few = [one for one in findings if one.sign.reach is not Reach.SEVERAL]
    for key in sorted({_rank(one) for one in few}):
        _share_out([one for one in few if _rank(one) == key], left)
    _give_to_the_cause(few)
    _take_over([one for one in findings if one.sign.reach is Reach.SEVERAL], few, left, in_flight)
    return +left


def _rank(finding: Finding) -> tuple[int, int]:
    return finding.sign.reach, _ORDER[finding.role]


def _share_out(findings: Sequence[Finding], left: Counter[str]) -> None:
    """Let findings of one rank have what they ask for, if there is enough for those that ask for the same."""
    for group in _competing(findings):
        kinds = list(dict.fromkeys(kind for one in group for kind in one.sign.outcomes))
        wanted, there = sum(one.count for one in group), sum(left[kind] for kind in kinds)
        if len(group) > 1 and 0 < there < wanted:
            _take(left, kinds, wanted)
            continue
        for one in group:
            one.requests = _take(left, one.sign.outcomes, one.count)


def _competing(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings in groups: those of a group share outcomes."""
    groups: list[list[Finding]] = []
    for finding in findings:
        kinds = set(finding.sign.outcomes)
        joined = [group for group in groups if any(kinds & set(one.sign.outcomes) for one in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([one for group in joined for one in group] + [finding])
    return groups


def _take(left: Counter[str], kinds: Iterable[str], limit: int) -> int:
    """Take up to so many requests of some kinds, and return how many there were."""
    taken = 0
    for kind in kinds:
        part = min(left[kind], limit - taken)
        left[kind] -= part
        taken += part
    return taken


def _give_to_the_cause(findings: Sequence[Finding]) -> None:
    """Where two parts tell of the same, the requests are counted with the one that made it."""
    for one in findings:
        for other in findings:
            if other.sign.code in one.sign.seen_as and one.requests is not None:
                _move(other, one, one.count - one.requests)
    for one in findings:
        own = [other for other in findings if other.sign.code == one.sign.code and other.role == one.cause]
        if own and one.role != one.cause and one.requests is not None and own[0].requests is not None:
            own[0].requests += one.requests
            one.requests = None


def _take_over(roots: Sequence[Finding], few: Sequence[Finding], left: Counter[str], in_flight: int) -> None:
    """Let what ended many requests at once have those that nobody else has, and those that others only saw.

    Where several did, how many each ended cannot be told.
    """
    for group in _competing(roots):
        codes = {one.sign.code for one in group}
        seen = [one for one in few if one.requests and any(one.sign.code in root.sign.seen_as for root in group)]
        kinds = list(dict.fromkeys(kind for one in group for kind in one.sign.outcomes))
        limit = in_flight * sum(one.count for one in group)
        taken = _take(left, kinds, limit)
        if len(codes) > 1 and (taken or seen):
            continue
        group[0].requests = taken
        for one in seen:
            _move(one, group[0], limit - group[0].requests)


def _move(witness: Finding, cause: Finding, limit: int) -> None:
    """Count up to so many requests of one that only saw them with the one that made them."""
    part = min(witness.requests or 0, limit)
    if part > 0:
        cause.requests = (cause.requests or 0) + part
        witness.requests = ((witness.requests or 0) - part) or None
