"""A bench: every system of a suite started, warmed up, loaded, watched and stopped, one after the other.

The result file is written after each system, so that what is finished is never lost. A system that cannot run, does
not come up or dies is an entry with its reason, and the rest goes on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rush_hour.clock import utc_now
from rush_hour.core.arrivals import Constant
from rush_hour.core.figures import TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError, UsageError
from rush_hour.judge.trust import OTHER_LOAD_RATIO
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import OneRequest
from rush_hour.results.document import SCHEMA_VERSION, Document, SuiteFacts, System
from rush_hour.results.run import Run
from rush_hour.rig.machine import Provenance, machine_facts, nginx_version, package_versions
from rush_hour.rig.measure import measure
from rush_hour.rig.part import Part
from rush_hour.rig.postgres import server_version
from rush_hour.rig.resources import busy_ratio
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
    """A listener to the steps of a bench."""

    def step(self, text: str) -> None:
        """Something begins."""

    def warn(self, text: str) -> None:
        """There is something to know."""

    def second(self, row: TimelineRow) -> None:
        """A second of load is over."""

    def finished(self, system: System) -> None:
        """A system is done."""


LOOK_S = 0.5
BUSY_WAIT_S = 5.0


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
    keep: Callable[[Document], None],
    provenance: Provenance,
    progress: Progress,
) -> None:
    """Bench systems, and write the result file after each.

    Args:
        suite: the suite.
        systems: those of its systems to bench.
        load: what each is offered.
        options: how to set the rig up.
        keep: takes what was found out, after each system.
        provenance: how the command was started.
        progress: told what is being done.

    Raises:
        StartError: what the systems share did not come up.
        UsageError: an option is wrong.
    """
    busy = busy_ratio(lambda: time.sleep(LOOK_S))  # before anything of our own runs
    with shared_rig(suite, options, progress.step) as (rig, database):
        machine = machine_facts()
        document = Document(
            schema_version=SCHEMA_VERSION,
            kind="bench",
            started_at=provenance.started_at,
            ended_at=utc_now(),
            command_line=provenance.command_line,
            label=provenance.label,
            commit=provenance.commit,
            suite=SuiteFacts(
                name=suite.name,
                title=suite.title,
                path=str(options.suite_path),
                workers=rig.workers,
                rules=[fill_in(rule, {"workers": rig.workers}) for rule in suite.rules],
            ),
            machine=machine,
            generators=[machine],
            versions=_versions(rig),
            systems=[],
        )
        keep(document)
        _warn_if_busy(busy, progress)
        probe = suite.probe
        for number, spec in enumerate(systems, start=1):
            label = f"[{number}/{len(systems)}] {spec.name}:"
            trial = _Trial(spec, probe, load, rig, database, progress, label)
            system, probe = trial.run()
            document = replace(document, systems=[*document.systems, system], ended_at=utc_now())
            keep(document)
            progress.finished(system)
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
        is_interrupted: whether Ctrl-C cut its measurement short; what was measured until then is in its run.
    """

    spec: SystemSpec
    probe: Probe
    load: LoadSettings
    rig: Rig
    database: Part | None
    progress: Progress
    label: str
    is_interrupted: bool = False

    def run(self) -> tuple[System, Probe]:
        """Start the system, load it, stop it; what goes wrong with it becomes the reason.

        Returns:
            The system, and what the next system must answer: the same body.
        """
        spec, probe, run = self.spec, self.probe, None
        system = System(name=spec.name, title=spec.title, status="ok", versions=package_versions(spec.packages))
        self.progress.step(f"{self.label} starting")
        try:
            with running_system(spec, probe, self.rig) as running:
                probe = pin(probe, running.answer)
                system = replace(system, command_line=running.command_line)
                run = self._measure(running)
                self.is_interrupted = run.is_interrupted
                self._end_if_interrupted()
        except KeyboardInterrupt:
            if run is None or not self.is_interrupted:
                raise
        except Unavailable as error:
            return replace(system, status="unavailable", reason=str(error)), probe
        except (RushHourError, OSError, ValueError) as error:  # whatever it is, the other systems have their turn
            return replace(system, status="failed", reason=str(error)), probe
        if self.is_interrupted:
            system = replace(system, status="interrupted", reason=run.verdict.message_of("interrupted"))
        run = replace(run, explained_errors=running.explained_errors)
        return replace(system, notes=running.notes, runs=[run]), probe

    def _end_if_interrupted(self) -> None:
        """Let Ctrl-C go on, now that what was measured is known: the parts end as they do at any other."""
        if self.is_interrupted:
            raise KeyboardInterrupt

    def _measure(self, running: RunningSystem) -> Run:
        parts = running.parts()
        if self.database is not None:
            parts["database"] = self.database
        observer = Observer(
            on_phase=lambda phase: self.progress.step(f"{self.label} {phase}"), on_second=self.progress.second
        )
        return measure(_plan(running, self.load), parts, observer)


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
