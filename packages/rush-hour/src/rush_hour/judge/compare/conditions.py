"""Whether two systems were measured alike: what forbids to compare them, and what is to be known of the comparison.

What differs may be what is compared: versions of packages, numbers of workers, commits. It is named. What changes the
figures whatever the systems are, such as another machine or rate, forbids it. Pure.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rush_hour.judge.compare.side import Side
from rush_hour.results.document import Document, MachineFacts
from rush_hour.results.run import PlanFacts
from rush_hour.units import format_bytes, format_percent

SAME_MEMORY_RATIO = 0.05  # between the memory of machines of one kind: the kernel takes more or less of it
GOOD_RATIO = 0.05  # of what was due, by which two systems may differ before their latencies are of different requests


def obstacles(first: Side, second: Side) -> list[str]:
    """Return why two systems cannot be compared, a clause each; none where they can."""
    unknown = [*_without_figures(first), *_without_figures(second)]
    if unknown:
        return unknown
    varied = [*_without_one_load(first), *_without_one_load(second)]
    return varied or [
        *unlike_machines(first.document.machine, second.document.machine),
        *_unlike_suites(first.document, second.document),
        *unlike_loads(first.runs[0].plan, second.runs[0].plan),
    ]


def _without_figures(side: Side) -> Iterator[str]:
    """Yield why a side says nothing; one that failed after whole runs has those."""
    match side.standing.finding:
        case "do not trust":
            yield f"the figures of {side.name} cannot be trusted"
        case "interrupted":
            yield f"{side.name} was interrupted"
        case "failed" | "unavailable" | "not measured" if not side.runs:
            yield f"{side.name} was not measured"


def _without_one_load(side: Side) -> Iterator[str]:
    """Yield why the runs of a side are no repeats: those of a capacity, for one, are of many rates."""
    loads = {(run.plan.offered, run.plan.connections, run.plan.duration_s) for run in side.runs}
    if len(loads) > 1:
        yield f"the runs of {side.name} were not offered the same"


def unlike_machines(first: MachineFacts | None, second: MachineFacts | None) -> Iterator[str]:
    """Yield in what two machines are of different kinds; of an unknown one nothing is said."""
    if first is None or second is None:
        return
    if not _is_same_kind(first, second):
        yield f"they were measured on different machines ({_machine(first)}; {_machine(second)})"


def _is_same_kind(first: MachineFacts, second: MachineFacts) -> bool:
    largest = max(first.memory_bytes, second.memory_bytes)
    memory_is_same = abs(first.memory_bytes - second.memory_bytes) <= SAME_MEMORY_RATIO * largest
    cores = [(machine.cpu, machine.cores, machine.quota_cores) for machine in (first, second)]
    return cores[0] == cores[1] and memory_is_same


def _machine(machine: MachineFacts) -> str:
    allowed = "" if machine.quota_cores is None else f", {machine.quota_cores:g} of them by quota"
    return f"{machine.cores} cores of {machine.cpu}{allowed}, {format_bytes(machine.memory_bytes)}"


def _unlike_suites(first: Document, second: Document) -> Iterator[str]:
    names = [None if one.suite is None else one.suite.name for one in (first, second)]
    if first.kind != second.kind:
        yield f"one is a {first.kind}, the other a {second.kind}"
    elif names[0] != names[1]:
        yield f"they are of different suites ({names[0]}; {names[1]})"


def unlike_loads(first: PlanFacts, second: PlanFacts) -> Iterator[str]:
    """Yield in what two loads differ."""
    if first.arrivals != second.arrivals:
        yield f"the load was of different models ({first.arrivals}; {second.arrivals})"
    elif first.profile != second.profile or first.rate_per_s != second.rate_per_s:
        yield f"they were offered different rates ({first.offered}; {second.offered})"
    if first.connections != second.connections:
        yield f"the load came on different numbers of connections ({first.connections:,}; {second.connections:,})"
    if first.connection_per_request != second.connection_per_request:
        yield "one had a new connection for each request, the other kept them"


def notes(first: Side, second: Side) -> list[str]:
    """Return what is to be known of a comparison that can be made, a sentence each."""
    found = [
        *_asked(first, second),
        *_times(first, second),
        *_good(first, second),
        *left_out(first),
        *left_out(second),
        *_versions(first, second),
    ]
    return list(dict.fromkeys(found))


def _asked(first: Side, second: Side) -> Iterator[str]:
    plans = (first.runs[0].plan, second.runs[0].plan)
    paths = [path_of(plan.url) for plan in plans]
    if paths[0] != paths[1]:
        yield f"They were asked for different paths: {paths[0]} and {paths[1]}."
    if plans[0].duration_s != plans[1].duration_s:
        yield (
            f"They were measured for {plans[0].duration_s:g} s and {plans[1].duration_s:g} s: high percentiles and "
            "peaks depend on that."
        )
    if plans[0].processes != plans[1].processes:
        yield f"The load generator had {plans[0].processes} and {plans[1].processes} processes."


def path_of(url: str) -> str:
    """Return the path and query of a URL; what is none, as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def _times(first: Side, second: Side) -> Iterator[str]:
    one, other = first.document, second.document
    if one is other:
        return
    yield "They were measured one after the other: what changed on the machine in between is in the difference."
    if one.machine is None or other.machine is None:
        yield "It is not known whether the servers were on one machine."
    elif one.machine.name != other.machine.name or one.machine.kernel != other.machine.kernel:
        names = [f"{machine.name or 'unnamed'}, Linux {machine.kernel}" for machine in (one.machine, other.machine)]
        yield f"The machines are of one kind, but not the same: {names[0]}; {names[1]}."


def _good(first: Side, second: Side) -> Iterator[str]:
    ratios = [min(run.result.good_ratio for run in side.runs) for side in (first, second)]
    if abs(ratios[0] - ratios[1]) > GOOD_RATIO:
        yield (
            f"{first.name} answered {format_percent(ratios[0])} of what was due well, {second.name} "
            f"{format_percent(ratios[1])}: their latencies are not of the same requests."
        )


def left_out(side: Side) -> Iterator[str]:
    """Yield which runs of a side say nothing, a sentence each."""
    if side.standing.finding == "failed":
        yield f"{side.name} failed at last; these are its runs before that."
    total = len(side.standing.system.runs)
    if len(side.runs) < total:
        yield f"{total - len(side.runs)} of {total} runs of {side.name} are left out: not trusted, or cut short."


def _versions(first: Side, second: Side) -> Iterator[str]:
    both = [side.document.versions | side.standing.system.versions for side in (first, second)]
    common = both[0].keys() & both[1].keys()
    changed = [
        f"{name} {both[0][name]} and {both[1][name]}" for name in sorted(common) if both[0][name] != both[1][name]
    ]
    if changed:
        yield f"Versions differ: {', '.join(changed)}."
