"""The one way to measure: a plan carried out, while whatever serves it is watched."""

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from rush_hour.errors import StartError
from rush_hour.judge.explain.explain import explain, outcomes_of
from rush_hour.judge.trust import doubt_other_load, without_shared_cores
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer, run_load
from rush_hour.load.share import OpenConnection
from rush_hour.load.transport.destination import DEFAULT_PORTS
from rush_hour.results.resources import Resources, Role, Usage
from rush_hour.results.run import Run
from rush_hour.rig.health.state import with_siblings
from rush_hour.rig.watch.balance import Held, find_balance, without_doubtful_answers
from rush_hour.rig.watch.onlookers import Onlooker, Onlookers
from rush_hour.rig.watch.resources import Sampling, Watched
from rush_hour.rig.watch.witness import Logging, Witness

LOG_DELAY_S = 0.6  # by which a server may log the end of a worker later: uvicorn looks for it twice a second
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Watchable(Watched, Logging, Protocol):
    """A part of what serves the load, which ends when it should not: a `Part`."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""

    def log_tail(self) -> str:
        """Return the last lines of its log."""


class SystemDied(StartError):
    """A part ended while it was needed."""


def measure(
    plan: LoadPlan,
    parts: Mapping[Role, Watchable] | None = None,
    observer: Observer | None = None,
    onlookers: Iterable[Onlooker] = (),
) -> Run:
    """Carry a plan out, and return the run, with what went wrong in it explained.

    Args:
        plan: what to send, where to, and for how long.
        parts: what serves it, by role, a server among them; CPU time and memory of each are in the run then, and what
            everything else on the machine used in the window of the measurement. None for a server that somebody else
            started.
        observer: told meanwhile.
        onlookers: know more of the run when it is over.

    Raises:
        StartError: no connection could be opened.
        SystemDied: a part ended during the run.
        RushHourError: a process of the load generator died.
    """
    watch = _Watch(plan, parts or {}, onlookers)
    try:
        with watch.sampling, watch.onlookers, watch.witness:
            run = run_load(plan, watch.told_by(observer or Observer()))
    except StartError as error:
        if not isinstance(error, SystemDied):
            watch.check_alive()  # a part that ended is the better reason
        raise
    if not run.is_interrupted:
        watch.check_alive()
    return watch.add_to(run)


class _Watch:
    """All that watches one measurement.

    Attributes:
        sampling, onlookers, witness: context managers, to be entered before the load begins.
    """

    def __init__(self, plan: LoadPlan, parts: Mapping[Role, Watchable], onlookers: Iterable[Onlooker]) -> None:
        url = parse_url(plan.url)
        self._parts = parts
        self.sampling = Sampling(parts)
        self.onlookers = Onlookers(onlookers)
        self.witness = Witness(
            parts, port=(url.port or DEFAULT_PORTS[url.scheme]) if url.hostname in LOOPBACK else None
        )
        self._balance: dict[Role, Mapping[int, Held]] = {}
        self._are_apart = False

    def told_by(self, observer: Observer) -> Observer:
        """Return an observer that tells another what it is told, and lets everything begin and end in time."""

        def on_phase(phase: str) -> None:
            observer.on_phase(phase)
            if phase == "measuring":
                self._are_apart = are_apart(self._parts)
                self.sampling.begin()
                self.onlookers.begin()
                self.witness.begin()

        def on_end() -> None:
            self.sampling.end()
            self.onlookers.end()
            self.witness.end()
            observer.on_end()

        def watch() -> None:
            self.check_alive()
            self.witness.look()
            self.onlookers.watch()
            observer.watch()

        return replace(observer, on_phase=on_phase, on_end=on_end, on_connections=self._find_balance, watch=watch)

    def check_alive(self) -> None:
        """Make sure that all parts run.

        Raises:
            SystemDied: one has ended.
        """
        for role, part in self._parts.items():
            if part.exit_code is not None:
                why = ": the kernel killed it for want of memory" if self.witness.was_killed_for_memory(role) else ""
                raise SystemDied(
                    f"the {role} ended with exit code {part.exit_code} under load{why}.\n{part.log_tail()}"
                )

    def add_to(self, run: Run) -> Run:
        """Return the run with all that was seen."""
        if self._parts:
            run = self._with_resources(run)
        run = self.onlookers.add_to(run)
        if self._parts and outcomes_of(run.result) and not run.is_interrupted:
            time.sleep(LOG_DELAY_S)
        usage = {} if run.resources is None else run.resources.by_role()
        processes = {role: [process.pid for process in used.processes] for role, used in usage.items()}
        return replace(run, explained_errors=explain(run, self.witness.surroundings(processes)))

    def _find_balance(self, connections: list[OpenConnection]) -> None:
        if self._parts:
            processes = {role: part.process_ids() for role, part in self._parts.items()}
            self._balance.update(find_balance(connections, processes))

    def _with_resources(self, run: Run) -> Run:
        sampling, generator = self.sampling, run.result.generator
        usage = sampling.usage(without_doubtful_answers(self._balance, run.result.responses_total))
        known_cpu_s = self.onlookers.cpu_s + generator.cpu_s + sum(used.cpu_s for used in usage.values())
        others_cpu_s, others_cpu_ratio = share_of_others(sampling.machine_cpu_s, known_cpu_s, sampling.capacity_cpu_s)
        resources = Resources(
            server=usage["server"],
            proxy=usage.get("proxy"),
            database=usage.get("database"),
            generator=Usage(cpu_s=round(generator.cpu_s, 3), max_rss_bytes=generator.max_rss_bytes),
        )
        verdict = without_shared_cores(run.verdict) if self._are_apart else run.verdict
        return replace(
            run,
            verdict=doubt_other_load(verdict, others_cpu_ratio),
            resources=resources,
            others_cpu_s=round(others_cpu_s, 3),
            others_cpu_ratio=round(others_cpu_ratio, 4),
        )


def are_apart(parts: Mapping[Role, Watched]) -> bool:
    """Whether no process of any part may run on a core of this process and those that it starts to send."""
    own, theirs = with_siblings(os.sched_getaffinity(0)), set[int]()
    for part in parts.values():
        for process_id in part.process_ids():
            with suppress(ProcessLookupError):
                theirs |= os.sched_getaffinity(process_id)
    return bool(theirs) and not theirs & own


def share_of_others(machine_cpu_s: float, known_cpu_s: float, capacity_cpu_s: float) -> tuple[float, float]:
    """Return the CPU time that no part of the run used, in seconds and as a share of the machine's, from 0 to 1.

    Args:
        machine_cpu_s: what the whole machine used.
        known_cpu_s: what the parts of the run used.
        capacity_cpu_s: what the machine could have used: cores times seconds.
    """
    others_cpu_s = min(max(0.0, machine_cpu_s - known_cpu_s), capacity_cpu_s)
    return others_cpu_s, others_cpu_s / capacity_cpu_s if capacity_cpu_s > 0 else 0.0
