"""The one way to measure: a plan carried out, while whatever serves it is watched."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from rush_hour.errors import StartError
from rush_hour.judge.trust import doubt_other_load
from rush_hour.load.plan import LoadPlan
from rush_hour.load.run import Observer, run_load
from rush_hour.results.resources import Resources, Role, Usage
from rush_hour.results.run import Run
from rush_hour.rig.resources import Sampling, Watched


class Watchable(Watched, Protocol):
    """A part of what serves the load, which ends when it should not: a `Part`."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""

    def log_tail(self) -> str:
        """Return the last lines of its log."""


class SystemDied(StartError):
    """A part ended while it was needed."""


def measure(plan: LoadPlan, parts: Mapping[Role, Watchable] | None = None, observer: Observer | None = None) -> Run:
    """Carry a plan out, and return the run.

    Args:
        plan: what to send, where to, and for how long.
        parts: what serves it, by role, a server among them; CPU time and memory of each are in the run then, and what
            everything else on the machine used in the window of the measurement. None for a server that somebody else
            started.
        observer: told meanwhile.

    Raises:
        StartError: no connection could be opened.
        SystemDied: a part ended during the run.
        RushHourError: a process of the load generator died.
    """
    observer = observer or Observer()
    if not parts:
        return run_load(plan, observer)
    sampling = Sampling(parts)

    def on_phase(phase: str) -> None:
        observer.on_phase(phase)
        if phase == "measuring":
            sampling.begin()

    def on_end() -> None:
        sampling.end()
        observer.on_end()

    def watch() -> None:
        _check_alive(parts)
        observer.watch()

    try:
        with sampling:
            run = run_load(plan, replace(observer, on_phase=on_phase, on_end=on_end, watch=watch))
    except StartError:
        _check_alive(parts)  # a part that ended is the better reason
        raise
    if not run.is_interrupted:
        _check_alive(parts)
    return _with_resources(run, sampling)


def _check_alive(parts: Mapping[Role, Watchable]) -> None:
    for role, part in parts.items():
        if part.exit_code is not None:
            raise SystemDied(f"the {role} ended with exit code {part.exit_code} under load.\n{part.log_tail()}")


def _with_resources(run: Run, sampling: Sampling) -> Run:
    usage, generator = sampling.usage(), run.result.generator
    known_cpu_s = generator.cpu_s + sum(used.cpu_s for used in usage.values())
    others_cpu_s, others_cpu_ratio = share_of_others(sampling.machine_cpu_s, known_cpu_s, sampling.capacity_cpu_s)
    resources = Resources(
        server=usage["server"],
        proxy=usage.get("proxy"),
        database=usage.get("database"),
        generator=Usage(cpu_s=round(generator.cpu_s, 3), max_rss_bytes=generator.max_rss_bytes),
    )
    return replace(
        run,
        verdict=doubt_other_load(run.verdict, others_cpu_ratio),
        resources=resources,
        others_cpu_s=round(others_cpu_s, 3),
        others_cpu_ratio=round(others_cpu_ratio, 4),
    )


def share_of_others(machine_cpu_s: float, known_cpu_s: float, capacity_cpu_s: float) -> tuple[float, float]:
    """Return the CPU time that no part of the run used, in seconds and as a share of the machine's, from 0 to 1.

    Args:
        machine_cpu_s: what the whole machine used.
        known_cpu_s: what the parts of the run used.
        capacity_cpu_s: what the machine could have used: cores times seconds.
    """
    others_cpu_s = min(max(0.0, machine_cpu_s - known_cpu_s), capacity_cpu_s)
    return others_cpu_s, others_cpu_s / capacity_cpu_s if capacity_cpu_s > 0 else 0.0
