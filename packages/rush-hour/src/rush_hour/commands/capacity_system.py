"""A system whose capacity is measured: chosen of a suite, or made of an application, and started."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rush_hour.commands.application_options import ApplicationOptions
from rush_hour.commands.capacity_options import CapacityPaceOptions, CapacitySystemOptions
from rush_hour.errors import UsageError
from rush_hour.results.document import MachineFacts, SuiteFacts, System
from rush_hour.rig.capacity.settings import CapacityTarget
from rush_hour.rig.capacity.system_target import running_target
from rush_hour.rig.machine import machine_facts
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.suite.choosing import check_overrides, choose_one, choose_requests, override
from rush_hour.rig.suite.matrix import values_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.units import format_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A system of a suite, or an application, that is to be started."""

    suite: Suite
    suite_path: Path
    spec: SystemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a document says of where its system ran."""

    machine: MachineFacts | None
    versions: dict[str, str]
    suite: SuiteFacts | None = None
    system: System | None = None


def choose_system(asked: CapacitySystemOptions, application: ApplicationOptions) -> Chosen:
    """Return the system that is asked for."""
    if asked.suite is None and application.app is None:
        raise UsageError("URL: expected a URL, or --suite FILE, or --app MODULE:OBJECT; got none.")
    found, suite_path = application.suite(asked.suite, what="--suite")
    read = choose_requests(override(found, workers=asked.workers, threads=asked.server_threads), asked.request)
    spec = choose_one(read, asked.system, what="--system")
    check_overrides([spec], {"workers": asked.workers, "threads": asked.server_threads}, by="--system")
    return Chosen(suite=read, suite_path=suite_path, spec=spec)


def with_connections_of(spec: SystemSpec, pace: CapacityPaceOptions) -> CapacityPaceOptions:
    """Return the options of the load, with the connections that the suite's matrix gives a system.

    Raises:
        UsageError: an option gives it others.
    """
    is_given = pace.connections != CapacityPaceOptions().connections
    check_overrides([spec], {"connections": pace.connections if is_given else None}, by="--system")
    return replace(pace, connections=values_of(spec).get("connections", pace.connections))


@contextmanager
def started_system(
    chosen: Chosen, asked: CapacitySystemOptions, pace: CapacityPaceOptions, on_step: Callable[[str], None]
) -> Iterator[tuple[CapacityTarget, Facts]]:
    """Start a system, and stop it afterwards."""
    read, spec = chosen.suite, chosen.spec
    rig_options = RigOptions(suite_path=chosen.suite_path, logs=None, database_url=asked.database, nginx=asked.nginx)
    with running_target(read, spec, rig_options, timeout_s=pace.timeout_s, on_step=on_step) as running:
        suite = SuiteFacts(name=read.name, title=read.title, path=str(chosen.suite_path), workers=read.workers)
        system = replace(running.system, notes=[*_rate_note(spec), *running.system.notes])
        yield running.target, Facts(machine=machine_facts(), versions=running.versions, suite=suite, system=system)


def _rate_note(spec: SystemSpec) -> list[str]:
    """Return what becomes of a rate that the suite's matrix gives a system."""
    rate = values_of(spec).get("rate")
    note = "the rate of {}/s in the suite's matrix is not used: it is looked for."
    return [] if rate is None else [note.format(format_per_s(rate))]
