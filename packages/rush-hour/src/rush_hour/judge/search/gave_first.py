"""What gave first: what was full, or went wrong, at the rates at which an objective begins to be missed. Pure.

Only what the figures show: where nothing that was watched was full, nothing is said.
"""

from collections.abc import Sequence

from rush_hour.judge.answer.limit import Code, limit_of
from rush_hour.judge.answer.stopping import fault_of
from rush_hour.judge.search.connections import CROWDED_RATIO
from rush_hour.judge.tail.tail import explain_tail
from rush_hour.judge.trust import OTHER_LOAD_RATIO
from rush_hour.results.capacity import GaveFirst
from rush_hour.results.run import Run
from rush_hour.units import format_count

LOOKED_AT = 3  # runs, those nearest to the capacity
NEAR_RATIO = 2.0  # times the capacity; what is full beyond says nothing of the knee

_FULL: dict[Code, str] = {
    "generator": "the load generator is full",
    "server-cpu": "the server's CPU is full",
    "machine-cpu": "the machine's CPU is full",
    "server-process": "one of the server's processes fills a core",
    "proxy-process": "a process of the proxy fills a core",
    "database-process": "a process of the database fills a core",
}
_SIGNS = {
    "one-worker": "one of the server's workers has most of the work",
    "one-process-busy": "one of the server's processes is busy while others are idle",
    "database-locks": "statements wait for locks in the database",
    "database-slow-statement": "the database is busy with slow statements",
}


def gave_first(
    missed: Sequence[Run], *, cores: int | None, most_connections: int, server_cores: int | None = None
) -> GaveFirst | None:
    """Return what was full, or wrong, in the runs that missed an objective; None where nothing was seen.

    Args:
        missed: these runs, the one nearest to the capacity first.
        cores: of the machine of the servers; None where that is not known.
        most_connections: that the search might use.
        server_cores: that the servers may use of that machine; None for all.
    """
    lowest_per_s = min((run.plan.rate_per_s or 0.0 for run in missed), default=0.0)
    near = [run for run in missed if (run.plan.rate_per_s or 0.0) <= NEAR_RATIO * lowest_per_s]
    found = [_of_run(run, cores, server_cores, most_connections) for run in near[:LOOKED_AT]]
    return next((one for one in found if one is not None), None)


def _of_run(run: Run, cores: int | None, server_cores: int | None, most_connections: int) -> GaveFirst | None:
    limit = limit_of(run, cores=cores, server_cores=server_cores)
    if limit is not None and limit.code == "machine-cpu" and (run.others_cpu_ratio or 0.0) > OTHER_LOAD_RATIO:
        return GaveFirst(code="other-load", says="other programs fill the machine's CPU")
    if limit is not None:
        detail = f", {limit.detail}" if limit.detail else ""
        return GaveFirst(code=limit.code, says=_FULL[limit.code] + detail)
    if fault := fault_of(run):
        return GaveFirst(code="faults", says=fault)
    codes = [finding.code for finding in explain_tail(run, cores=cores)]
    sign = next((code for code in _SIGNS if code in codes), None)
    if sign is not None:
        return GaveFirst(code=sign, says=_SIGNS[sign])
    if run.plan.connections >= most_connections and _are_all_busy(run):
        count = format_count(run.plan.connections)
        return GaveFirst(code="connections", says=f"all {count} connections are busy, and there may be no more")
    return None


def _are_all_busy(run: Run) -> bool:
    service = run.result.service_time_us
    busy = 0.0 if service is None else run.result.goodput_per_s * service.mean / 1e6
    return busy >= CROWDED_RATIO * run.plan.connections
