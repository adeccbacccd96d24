"""The output of `api_hour status`: a line about the whole, the totals, then tables of workers and engines.

Pure: facts in, something that rich can print out.
"""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from api_hour.supervisor.monitor.facts import STALE_AFTER_S, DaemonFacts, EngineView, WorkerView

STYLES: Mapping[str, str] = {
    "serving": "green",
    "up": "green",
    "booting": "yellow",
    "reloading": "yellow",
    "retiring": "yellow",
    "connecting": "yellow",
    "stopping": "yellow",
    "condemned": "red",
    "killed": "red",
    "down": "red",
}
NOTHING = "-"


def status_table(facts: DaemonFacts) -> RenderableType:
    """Return what is printed."""
    parts: list[RenderableType] = [_headline(facts), _requests(facts), _changes(facts)]
    if facts.age_s > STALE_AFTER_S:
        age = describe_duration(facts.age_s)
        parts.append(Text(f"these figures are {age} old: the supervisor's loop does not run", style="red"))
    if facts.workers:
        parts += [Text(), _workers(facts.workers)]
    if facts.engines:
        parts += [Text(), _engines(facts.engines)]
    return Group(*parts)


def describe_duration(duration_s: float) -> str:
    """Return a duration in its two greatest units: `2 d 3 h`, `4 min 5 s`, `12 s`, `35 ms`."""
    if duration_s < 1:
        return f"{duration_s * 1000:.0f} ms"
    seconds = round(duration_s)
    for unit, part_unit, unit_s, part_s in (("d", "h", 86400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if seconds >= unit_s:
            return f"{seconds // unit_s} {unit} {seconds % unit_s // part_s} {part_unit}"
    return f"{seconds} s"


def describe_bytes(size_bytes: int) -> str:
    """Return a size: `512 KiB`, `31.9 MiB`, `2.00 GiB`."""
    if size_bytes < 1 << 20:
        return f"{size_bytes / (1 << 10):.0f} KiB"
    if size_bytes < 1 << 30:
        return f"{size_bytes / (1 << 20):.1f} MiB"
    return f"{size_bytes / (1 << 30):.2f} GiB"


def _headline(facts: DaemonFacts) -> Text:
    return Text.assemble(
        (facts.target, "bold"),
        "  ",
        (facts.state, STYLES[facts.state]),
        f", up {describe_duration(facts.uptime_s)}",
        f"  {facts.serving} of {facts.workers_wanted} workers serve",
        f"  supervisor {facts.pid}{_memory(facts.rss_bytes)}",
        f"  API-Hour {facts.version}, Python {facts.python_version}",
    )


def _memory(rss_bytes: int | None) -> str:
    return "" if rss_bytes is None else f", {describe_bytes(rss_bytes)}"


def _requests(facts: DaemonFacts) -> Text:
    totals = facts.totals
    mean = f", {describe_mean(totals.latency_sum_s / totals.requests)} each" if totals.requests else ""
    return Text(
        f"requests     {totals.requests:,}{mean}; {facts.requests_in_flight:,} in flight, "
        f"{facts.connections:,} connections; loops late by {describe_duration(facts.loop_lag_max_s)} at the most"
    )


def describe_mean(duration_s: float) -> str:
    """Return a mean duration with three digits: `0.123 ms`, `1.23 s`."""
    return f"{duration_s * 1000:.3g} ms" if duration_s < 1 else f"{duration_s:.3g} s"


def _changes(facts: DaemonFacts) -> Text:
    totals = facts.totals
    return Text(
        f"since start  {totals.reloads} reloads, {totals.reloads_failed} failed; "
        f"{_by_reason('replaced', totals.restarts)}; {_by_reason('killed', totals.kills)}"
    )


def _by_reason(what: str, counts: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in counts.items() if count)
    return f"{sum(counts.values())} workers {what}{f' ({reasons})' if reasons else ''}"


def _workers(workers: Sequence[WorkerView]) -> Table:
    table = _table("worker", "pid", "state", "age", "requests", "in flight", "connections", "loop lag", "memory")
    for worker in workers:
        table.add_row(
            str(worker.worker_id),
            _number(worker.pid, separator=""),
            Text(worker.phase, style=STYLES[worker.phase]),
            describe_duration(worker.age_s),
            _number(worker.requests),
            _number(worker.in_flight),
            _number(worker.connections),
            NOTHING if worker.loop_lag_s is None else describe_duration(worker.loop_lag_s),
            NOTHING if worker.rss_bytes is None else describe_bytes(worker.rss_bytes),
        )
    return table


def _engines(engines: Sequence[EngineView]) -> Table:
    table = _table("engine", "state", "connections", "in use", "waiting", "refused", "last error")
    for engine in engines:
        states = [(state, count) for state, count in engine.workers_by_state.items() if count]
        table.add_row(
            engine.name,
            Text(", ").join(Text(f"{state} in {count}", style=STYLES[state]) for state, count in states),
            _number(engine.connections),
            _number(engine.borrowed),
            _number(engine.waiting),
            _number(engine.refused_total),
            engine.last_error or NOTHING,
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    for column in columns:
        is_text = column in {"state", "engine", "last error"}
        table.add_column(column, justify="left" if is_text else "right", no_wrap=column != "last error")
    return table


def _number(value: int | None, separator: str = ",") -> str:
    return NOTHING if value is None else format(value, separator)
