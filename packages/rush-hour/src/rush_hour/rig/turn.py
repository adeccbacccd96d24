"""One start of a system in a bench: started, warmed up, loaded, watched and stopped.

Whatever goes wrong with it becomes the reason in its entry, so that others have their turn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rush_hour.core.figures import TimelineRow
from rush_hour.core.schedule import Schedule
from rush_hour.errors import RushHourError
from rush_hour.load.plan import LoadPlan
from rush_hour.load.run import Observer
from rush_hour.load.workload.wanted import Wanted
from rush_hour.results.document import System
from rush_hour.results.evidence import PartLog
from rush_hour.results.run import Run
from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.load_settings import LoadSettings, load_of
from rush_hour.rig.parts.part import Part
from rush_hour.rig.requirements import Unavailable
from rush_hour.rig.shared import Rig, database_onlookers, log_paths
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.system import RunningSystem, running_system
from rush_hour.rig.watch.log_files import read_part_log
from rush_hour.rig.watch.measure import measure
from rush_hour.rig.watch.onlookers import Onlooker
from rush_hour.rig.watch.profiling import Profiling


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


@dataclass(slots=True)
class Turn:
    """One start of one system: the unit that is repeated.

    Attributes:
        wanted: of each answer, as a system before this one answered; then as this one did. None before any did.
        block: of the repeats; None without any.
        is_interrupted: whether Ctrl-C cut its measurement short; what was measured until then is in its run.
    """

    spec: SystemSpec
    suite: Suite
    wanted: Sequence[Wanted] | None
    load: LoadSettings
    rig: Rig
    database: Part | None
    progress: Progress
    label: str
    block: int | None = None
    is_interrupted: bool = False

    def run(self) -> System:
        """Start the system, load it, stop it; what goes wrong with it becomes the reason."""
        system = self._try()
        return replace(system, logs=self._logs(system.run))

    def _try(self) -> System:
        spec, run = self.spec, None
        system = System(name=spec.name, title=spec.title, status="ok")
        self._step("starting")
        try:
            interpreter = find_interpreter(spec.venv, spec.python, self.rig.suite_directory)
            system = replace(system, versions=interpreter.versions(spec.packages))
            with running_system(spec, self.suite, self.rig, wanted=self.wanted, on_step=self._step) as running:
                self.wanted = self.wanted or running.workload.pinned()
                system = replace(system, command_line=running.command_line)
                run = replace(self._measure(running), block=self.block)
                self.is_interrupted = run.is_interrupted
                self._end_if_interrupted()
        except KeyboardInterrupt:
            if run is None or not self.is_interrupted:
                raise
        except Unavailable as error:
            return replace(system, status="unavailable", reason=str(error))
        except (RushHourError, OSError, ValueError) as error:  # whatever it is, the other systems have their turn
            return replace(system, status="failed", reason=str(error))
        if self.is_interrupted:
            system = replace(system, status="interrupted", reason=run.verdict.message_of("interrupted"))
        return replace(system, notes=running.notes, runs=[run])

    def _logs(self, run: Run | None) -> list[PartLog]:
        """Return the ends of the parts' logs, with the lines that explain something."""
        paths = log_paths(self.spec.name, self.rig)
        if self.database is not None and run is not None:
            paths["database"] = self.database.log_path
        errors = [] if run is None else run.explained_errors
        return [
            read_part_log(role, path, {error.line for error in errors if error.line and error.log == path.name})
            for role, path in paths.items()
            if path.exists()
        ]

    def _step(self, text: str) -> None:
        self.progress.step(f"{self.label} {text}")

    def _end_if_interrupted(self) -> None:
        """Let Ctrl-C go on, now that what was measured is known: the parts end as they do at any other."""
        if self.is_interrupted:
            raise KeyboardInterrupt

    def _measure(self, running: RunningSystem) -> Run:
        parts = running.parts()
        if self.database is not None:
            parts["database"] = self.database
        observer = Observer(on_phase=self._step, on_second=self.progress.second)
        return measure(_plan(running, load_of(self.spec, self.load)), parts, observer, self._onlookers(running))

    def _onlookers(self, running: RunningSystem) -> list[Onlooker]:
        """Return who looks on beside the sampling of CPU time and memory."""
        onlookers = database_onlookers(self.rig)
        if self.rig.profiler is not None:
            profiling = Profiling(
                self.rig.profiler,
                running.server,
                self.rig.run_directory,
                log_path=self.rig.logs / f"{self.spec.name}-profiler.log",
                note=running.notes.append,
            )
            onlookers.append(profiling)
        return onlookers


def _plan(running: RunningSystem, load: LoadSettings) -> LoadPlan:
    schedule = Schedule(arrivals=load.arrivals, duration_s=load.duration_s, connections=load.connections)
    return running.plan(schedule, processes=load.processes, timeout_s=load.timeout_s, warmup_s=load.warmup_s)
