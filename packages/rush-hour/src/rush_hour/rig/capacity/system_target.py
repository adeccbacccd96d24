"""A system of a suite, started to be measured: its parts are watched, so that what gives first can be named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rush_hour.core.arrivals import ClosedLoop
from rush_hour.core.schedule import Schedule
from rush_hour.results.document import System
from rush_hour.results.resources import Role
from rush_hour.rig.capacity.settings import CapacityTarget
from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.machine import shared_cores, usable_cores
from rush_hour.rig.parts.part import Part
from rush_hour.rig.shared import Rig, database_onlookers
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.system import RunningSystem, running_system
from rush_hour.rig.versions import shared_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTarget:
    """A system that runs, to be measured.

    Attributes:
        system: as a document has it, without its runs.
        versions: of what it shares with others.
    """

    target: CapacityTarget
    system: System
    versions: dict[str, str]


@contextmanager
def running_target(
    suite: Suite, spec: SystemSpec, options: RigOptions, *, timeout_s: float, on_step: Callable[[str], None]
) -> Iterator[RunningTarget]:
    """Start a system with what it needs, and stop it afterwards.

    Args:
        suite: its suite.
        spec: the system.
        options: how to set the rig up.
        timeout_s: how long an answer may take.
        on_step: told what is being done.

    Raises:
        StartError: something did not come up.
        UsageError: an option is wrong.
    """
    with shared_rig(suite, options, on_step) as (rig, database):
        interpreter = find_interpreter(spec.venv, spec.python, rig.suite_directory)
        on_step(f"starting {spec.name}")
        with running_system(spec, suite, rig, on_step=on_step) as running:
            yield RunningTarget(
                target=target_of(running, spec, rig, database, timeout_s=timeout_s),
                system=System(
                    name=spec.name,
                    title=spec.title,
                    status="ok",
                    notes=running.notes,
                    versions=interpreter.versions(spec.packages),
                    command_line=running.command_line,
                ),
                versions=shared_versions(rig),
            )


def target_of(
    running: RunningSystem, spec: SystemSpec | System, rig: Rig, database: Part | None, *, timeout_s: float
) -> CapacityTarget:
    """Return what is measured of a system that runs.

    Args:
        running: it.
        spec: what names it.
        rig: what it shares with others.
        database: a private server; None without one.
        timeout_s: how long an answer may take.
    """
    parts: dict[Role, Part] = running.parts()
    if database is not None:
        parts["database"] = database
    cpus = rig.run_directory.cpus
    schedule = Schedule(arrivals=ClosedLoop(), duration_s=1.0, connections=1)
    return CapacityTarget(
        name=spec.name,
        title=spec.title,
        plan=running.plan(schedule, processes=1, timeout_s=timeout_s),
        parts=parts,
        onlookers=lambda: database_onlookers(rig),
        cores=shared_cores(cpus),
        server_cores=usable_cores(cpus),
    )
