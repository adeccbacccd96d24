"""Under what conditions a document was measured, in lines: what was offered, and the machine. Pure."""

from collections.abc import Sequence

from rush_hour.judge.answer.standing import Standing
from rush_hour.results.document import Document
from rush_hour.units import format_bytes, format_count, join_names


def offer_line(standings: Sequence[Standing]) -> str:
    """Return what the systems were offered, from the least to the most where that differs; empty where nothing was."""
    plans = [standing.run.plan for standing in standings if standing.run is not None]
    if not plans:
        return ""
    by_rate = sorted(plans, key=lambda plan: plan.rate_per_s or 0.0)
    connections = [format_count(count) for count in sorted(plan.connections for plan in plans)]
    durations = [f"{duration_s:g} s" for duration_s in sorted(plan.duration_s for plan in plans)]
    warmup_s = max(plan.warmup_s for plan in plans)
    warmup = f" after {warmup_s:g} s of warm-up" if warmup_s else ""
    offered = _span([plan.offered for plan in by_rate])
    return f"{offered} on {_span(connections)} connections for {_span(durations)}{warmup}"


def _span(ordered: Sequence[str]) -> str:
    return ordered[0] if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"


def machine_lines(document: Document) -> list[str]:
    """Return where and on what it was measured, and what hindered it there; none where that is not known."""
    machine = document.machine
    if machine is None:
        return hindrance_lines(document)
    versions = [f"Linux {machine.kernel}", *(f"{name} {version}" for name, version in document.versions.items())]
    allowed = "" if machine.quota_cores is None else f", {machine.quota_cores:g} of them by quota"
    return [
        f"{machine.cores} cores ({machine.cpu}){allowed}, {format_bytes(machine.memory_bytes)}",
        ", ".join(versions),
        *hindrance_lines(document),
    ]


def hindrance_lines(document: Document) -> list[str]:
    """Return what hindered trustworthy figures, by looks alone; of most documents there is nothing to say."""
    machines = {"The machine": document.machine, "The load generator's machine": next(iter(document.generators), None)}
    found: dict[str, str] = {}
    for whose, machine in machines.items():
        hinders = {} if machine is None or machine.health is None else machine.health.hinders
        said = join_names([*hinders.values()])
        if said and said not in found:
            found[said] = whose
    return [f"{whose} hinders trustworthy figures: {said} (rush-hour doctor)" for said, whose in found.items()]
