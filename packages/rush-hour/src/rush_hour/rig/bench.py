"""A bench: every system of a suite started, warmed up, loaded, watched and stopped, one after the other.

The result file is written after each system, so that what is finished is never lost. A system that cannot run, does
not come up or dies is an entry with its reason, and the rest goes on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from rush_hour.core.arrivals import Constant
from rush_hour.core.result import LoadReport, TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.core.verdict import OTHER_LOAD_RATIO, doubt_other_load
from rush_hour.errors import RushHourError, StartError, UsageError
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer, run_load
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import OneRequest
from rush_hour.report.result_directory import ResultDirectory
from rush_hour.report.result_file import (
    SCHEMA_VERSION,
    BenchFile,
    Resources,
    SuiteFacts,
    SystemEntry,
    Usage,
)
from rush_hour.rig.machine import machine_facts, nginx_version, package_versions
from rush_hour.rig.part import Part
from rush_hour.rig.postgres import server_version
from rush_hour.rig.resources import Sampling, busy_ratio
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite import Probe, Suite, SystemSpec, fill_in
from rush_hour.rig.system import Rig, RunningSystem, Unavailable, pin, running_system


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """The load that every system is offered."""

    rate_per_s: float
    duration_s: float
    warmup_s: float
    connections: int
    processes: int
    timeout_s: float


class Progress(Protocol):
    """Who is told how the bench goes on."""

    def step(self, text: str) -> None:
        """Something begins."""

    def warn(self, text: str) -> None:
        """There is something to know."""

    def second(self, row: TimelineRow) -> None:
        """A second of load is over."""

    def finished(self, entry: SystemEntry) -> None:
        """A system is done."""


LOOK_S = 0.5
BUSY_WAIT_S = 5.0


class SystemDied(StartError):
    """A part ended while it was needed."""


def choose(suite: Suite, only: Sequence[str], *, what: str = "--only") -> list[SystemSpec]:
    """Return the systems to bench, in the suite's order: those named, or all.

    Args:
        suite: the suite.
        only: names of systems; none for all.
        what: the option or argument that names them.

    Raises:
        UsageError: a name is not of the suite.
    """
    names = [system.name for system in suite.systems]
    for name in only:
        if name not in names:
            raise UsageError(f"{what}: expected one of {', '.join(names)}; got {name!r}.")
    return [system for system in suite.systems if not only or system.name in only]


def run_bench(
    suite: Suite,
    systems: Sequence[SystemSpec],
    load: LoadSettings,
    options: RigOptions,
    *,
    results: ResultDirectory,
    progress: Progress,
) -> None:
    """Bench systems, and write the result file after each.

    Args:
        suite: the suite.
        systems: those of its systems to bench.
        load: what each is offered.
        options: how to set the rig up.
        results: takes what was found out, after each system.
        progress: who is told.

    Raises:
        StartError: what the systems share did not come up.
        UsageError: an option is wrong.
    """
    busy = busy_ratio(lambda: time.sleep(LOOK_S))  # before anything of our own runs
    with shared_rig(suite, options, progress.step) as (rig, database):
        document = BenchFile(
            schema_version=SCHEMA_VERSION,
            kind="bench",
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            suite=SuiteFacts(
                name=suite.name,
                title=suite.title,
                path=str(options.suite_path),
                workers=rig.workers,
                rules=[fill_in(rule, {"workers": rig.workers}) for rule in suite.rules],
            ),
            machine=machine_facts(),
            versions=_versions(rig),
            systems=[],
        )
        results.keep(document)
        _warn_if_busy(busy, progress)
        probe = suite.probe
        for number, spec in enumerate(systems, start=1):
            label = f"[{number}/{len(systems)}] {spec.name}:"
            trial = _Trial(spec, probe, load, rig, database, progress, label)
            entry, probe = trial.run()
            document = replace(document, systems=[*document.systems, entry])
            results.keep(document)
            progress.finished(entry)
            if trial.is_interrupted:
                raise KeyboardInterrupt


def _warn_if_busy(ratio: float, progress: Progress) -> None:
    """Say so at once if something else uses the machine: a bench takes long, and its figures would not be trusted."""
    if ratio > OTHER_LOAD_RATIO:
        progress.warn(
            f"{100 * ratio:.0f} % busy: figures will not be trusted; go on in {BUSY_WAIT_S:g} s, Ctrl-C to stop"
        )
        time.sleep(BUSY_WAIT_S)


@dataclass(slots=True)
class _Trial:
    """One system's turn.

    Attributes:
        is_interrupted: whether Ctrl-C cut its measurement short; what was measured until then is in its entry.
    """

    spec: SystemSpec
    probe: Probe
    load: LoadSettings
    rig: Rig
    database: Part | None
    progress: Progress
    label: str
    is_interrupted: bool = False

    def run(self) -> tuple[SystemEntry, Probe]:
        """Start the system, load it, stop it; what goes wrong with it becomes its entry's reason.

        Returns:
            The entry, and what the next system must answer: the same body.
        """
        spec, probe = self.spec, self.probe
        entry = SystemEntry(name=spec.name, title=spec.title, status="ok", versions=package_versions(spec.packages))
        self.progress.step(f"{self.label} starting")
        try:
            with running_system(spec, probe, self.rig) as running:
                probe = pin(probe, running.answer)
                measured = self._measure(running, entry)
                self._end_if_interrupted()
        except KeyboardInterrupt:
            if not self.is_interrupted:
                raise
        except Unavailable as error:
            return replace(entry, status="unavailable", reason=str(error)), probe
        except (RushHourError, OSError, ValueError) as error:  # whatever it is, the other systems have their turn
            return replace(entry, status="failed", reason=str(error)), probe
        return replace(measured, notes=running.notes), probe

    def _end_if_interrupted(self) -> None:
        """Let Ctrl-C go on, now that what was measured is known: the parts end as they do at any other."""
        if self.is_interrupted:
            raise KeyboardInterrupt

    def _measure(self, running: RunningSystem, entry: SystemEntry) -> SystemEntry:
        parts = running.parts() | ({} if self.database is None else {"database": self.database})
        sampling = Sampling(parts)

        def on_phase(phase: str) -> None:
            self.progress.step(f"{self.label} {phase}")
            if phase == "measuring":
                sampling.begin()

        def watch() -> None:
            for role, part in parts.items():
                if part.exit_code is not None:
                    raise SystemDied(f"the {role} ended with exit code {part.exit_code} under load.\n{part.log_tail()}")

        observer = Observer(on_phase=on_phase, on_second=self.progress.second, on_end=sampling.end, watch=watch)
        try:
            with sampling:
                report, self.is_interrupted = run_load(_plan(running, self.load), observer)
        except StartError:
            watch()  # a part that ended is the better reason
            raise
        if self.is_interrupted:
            entry = replace(entry, status="interrupted", reason=report.verdict.message_of("interrupted"))
        else:
            watch()
        return _with_figures(entry, report, sampling)


def _with_figures(entry: SystemEntry, report: LoadReport, sampling: Sampling) -> SystemEntry:
    usage, generator = sampling.usage(), report.result.generator
    known_cpu_s = generator.cpu_s + sum(used.cpu_s for used in usage.values())
    others_cpu_s = min(max(0.0, sampling.machine_cpu_s - known_cpu_s), sampling.capacity_cpu_s)
    verdict = doubt_other_load(report.verdict, others_cpu_s=others_cpu_s, capacity_cpu_s=sampling.capacity_cpu_s)
    resources = Resources(
        server=usage["server"],
        proxy=usage.get("proxy"),
        database=usage.get("database"),
        generator=Usage(cpu_s=round(generator.cpu_s, 3), max_rss_bytes=generator.max_rss_bytes),
    )
    return replace(
        entry, load=replace(report, verdict=verdict), resources=resources, others_cpu_s=round(others_cpu_s, 3)
    )


def _plan(running: RunningSystem, load: LoadSettings) -> LoadPlan:
    schedule = Schedule(
        arrivals=Constant(rate_per_s=load.rate_per_s), duration_s=load.duration_s, connections=load.connections
    )
    return LoadPlan(
        url=running.url,
        destination=destination_of(parse_url(running.url)),
        requests=OneRequest(running.request),
        schedule=schedule,
        warmup=schedule.warm_up(load.warmup_s),
        processes=load.processes,
        timeout_s=load.timeout_s,
    )


def _versions(rig: Rig) -> dict[str, str]:
    versions = package_versions(["rush-hour"])
    if rig.nginx is not None:
        versions["nginx"] = nginx_version(rig.nginx)
    if rig.database_url is not None:
        versions["postgresql"] = server_version(rig.database_url)
    return versions
