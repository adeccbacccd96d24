"""One server's turn in `make perf-http`: started, loaded in three ways, watched, stopped.

    full     as fast as it answers, each connection waiting for its answer: its capacity
    half     half of the capacity just measured, at a constant rate: latencies that say something
    common   the suite's own rate, the same for all: what the same work costs each

A load during which others took much of the machine is put on again, and the quieter one is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace as replace_struct

from rush_hour.core.arrivals import Arrivals, ClosedLoop, Constant
from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError
from rush_hour.judge.trust import GENERATOR_BUSY_RATIO, OTHER_LOAD_RATIO
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.transport.destination import destination_of
from rush_hour.results.run import Run
from rush_hour.rig.parts.part import Part
from rush_hour.rig.shared import Rig
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.system import RunningSystem, running_system
from rush_hour.rig.watch.measure import measure
from rush_hour.units import parse_duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of one load.

    Attributes:
        server_cpu_us, database_cpu_us: of all processes of the role, for each good answer.
        holds: whether all that was due was answered well; means nothing at full speed.
        generator_is_the_limit: whether the load generator had no more to give.
        others_ratio: of the machine's CPU, what neither the server, the database nor the generator used.
    """

    goodput_per_s: float
    server_cpu_us: float
    database_cpu_us: float | None
    p99_us: int | None
    max_rss_bytes: int
    holds: bool
    generator_is_the_limit: bool
    others_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One turn of one system."""

    full: Figures
    half: Figures
    common: Figures

    @property
    def loads(self) -> tuple[Figures, Figures, Figures]:
        """All three."""
        return self.full, self.half, self.common


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Surroundings in which the systems of a suite take their turns.

    Attributes:
        database: the private server; None for a suite without one.
        retries: how often a load is put on again while others take much of the machine.
    """

    suite: Suite
    rig: Rig
    database: Part | None
    duration_s: float
    retries: int

    def take(self, system: SystemSpec) -> Trial:
        """Start a system, load it in three ways, and stop it.

        Raises:
            RushHourError: it cannot run here, did not come up, does not answer rightly, or answered nothing.
        """
        with running_system(system, self.suite, self.rig) as running:
            full = self._quietest(running, ClosedLoop())
            return Trial(
                full=full,
                half=self._quietest(running, Constant(rate_per_s=full.goodput_per_s / 2)),
                common=self._quietest(running, Constant(rate_per_s=self.suite.load.rate)),
            )

    def _quietest(self, running: RunningSystem, arrivals: Arrivals) -> Figures:
        best = self._load(running, arrivals)
        for _ in range(self.retries):
            if best.others_ratio <= OTHER_LOAD_RATIO:
                break
            best = min(best, self._load(running, arrivals), key=lambda figures: figures.others_ratio)
        return best

    def _load(self, running: RunningSystem, arrivals: Arrivals) -> Figures:
        load = self.suite.load
        schedule = Schedule(arrivals=arrivals, duration_s=self.duration_s, connections=load.connections)
        plan = LoadPlan(
            url=running.url,
            destination=destination_of(parse_url(running.url)),
            requests=running.workload.source(),
            schedule=schedule,
            warmup=schedule.warm_up(parse_duration_s(load.warmup, what="warmup", zero_is_fine=True)),
            processes=load.processes,
            timeout_s=parse_duration_s(load.timeout, what="timeout"),
        )
        parts = running.parts()
        if self.database is not None:
            parts["database"] = self.database
        run = measure(plan, parts)
        if run.is_interrupted:
            raise KeyboardInterrupt
        return figures_of(run)


@contextmanager
def turns_of(suite_path: Path, suite: Suite, *, duration_s: float, retries: int) -> Iterator[Turns]:
    """Start what the systems of a suite share, and stop it afterwards."""
    options = RigOptions(suite_path=suite_path, logs=None, database_url=None, nginx=None)
    with shared_rig(suite, options, lambda _step: None) as (rig, database):
        yield Turns(suite=suite, rig=rig, database=database, duration_s=duration_s, retries=retries)


def figures_of(run: Run) -> Figures:
    """Return what a load showed.

    Args:
        run: of a system that was watched.

    Raises:
        RushHourError: not one answer was good.
    """
    result, resources = run.result, run.resources
    assert resources is not None, "it was watched"
    server_cpu_us = run.cpu_us_per_good_answer("server")
    if server_cpu_us is None or result.latency_us is None or run.others_cpu_ratio is None:
        raise RushHourError(f"no good answer at {run.plan.offered}: {result.responses_by_status} {result.errors}.")
    return Figures(
        goodput_per_s=result.goodput_per_s,
        server_cpu_us=server_cpu_us,
        database_cpu_us=run.cpu_us_per_good_answer("database"),
        p99_us=result.latency_us.p99,
        max_rss_bytes=resources.server.max_rss_bytes,
        holds=result.holds,
        generator_is_the_limit=result.generator.busiest_process_cpu_ratio > GENERATOR_BUSY_RATIO,
        others_ratio=run.others_cpu_ratio,
    )


def only(suite: Suite, names: list[str]) -> Suite:
    """Return a suite with only these systems; with all when none is named."""
    return replace_struct(suite, systems=[system for system in suite.systems if not names or system.name in names])
