"""Going on with a bench that ended before its time. Pure: what is kept of it, and why it cannot be gone on with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rush_hour.errors import UsageError
from rush_hour.results.document import Document, MachineFacts, System
from rush_hour.results.run import PlanFacts
from rush_hour.rig.load_settings import LoadSettings, load_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.units import join_names


def resumed(document: Document) -> Document:
    """Return what is kept: whole runs, with their blocks. Systems that failed have their turn again."""
    kept = [_whole(system) for system in document.systems]
    return replace(document, systems=[system for system in kept if system.runs])


def _whole(system: System) -> System:
    runs = [
        replace(run, block=place if run.block is None else run.block)
        for place, run in enumerate(system.runs, start=1)
        if not run.is_interrupted
    ]
    return replace(system, status="ok", reason=None, runs=runs)


def check_resumable(
    document: Document,
    suite: Suite,
    systems: Sequence[SystemSpec],
    load: LoadSettings,
    *,
    machine: MachineFacts,
    digests: Mapping[str, str],
) -> None:
    """Refuse to go on with a bench of something else: repeats must be repeats.

    Args:
        document: of the bench so far.
        suite: as it is now, like all that follows.
        systems: of it.
        load: that they are offered.
        machine: where they run.
        digests: of them.

    Raises:
        UsageError: something is not what it was.
    """
    facts = document.suite
    _same("the suite", None if facts is None else facts.name, suite.name)
    if facts is not None:
        _same("--workers", facts.workers, suite.workers)
        _same("--server-threads", suite.threads if facts.threads is None else facts.threads, suite.threads)
    names = [spec.name for spec in systems]
    others = [system.name for system in document.systems if system.name not in names]
    if others:
        raise UsageError(f"--resume: expected all of its systems; {join_names(others)} would be left out.")
    if document.machine is not None:
        _same("the machine", _kind(document.machine), _kind(machine))
    for system in document.systems:
        _check_digest(system.name, {} if facts is None else facts.digests, digests)
        spec = next(spec for spec in systems if spec.name == system.name)
        for run in system.runs:
            _same(f"the load of {system.name}", _load(run.plan), _load(load_of(spec, load)))


def _same(what: str, was: object, is_now: object) -> None:
    if was != is_now:
        raise UsageError(f"--resume: expected {what} to be what it was, {was}; got {is_now}.")


def _check_digest(name: str, was: Mapping[str, str], is_now: Mapping[str, str]) -> None:
    if was.get(name, is_now[name]) != is_now[name]:
        raise UsageError(
            f"--resume: expected {name} to be what it was; the suite has another table of it now, other requests, or "
            "another database. Begin anew, without --resume."
        )


def _kind(machine: MachineFacts) -> str:
    return f"{machine.cores} cores of {machine.cpu}"


def _load(load: PlanFacts | LoadSettings) -> str:
    return (
        f"{load.offered} on {load.connections} connections of {load.processes} processes for {load.duration_s:g} s "
        f"after {load.warmup_s:g} s, with a timeout of {load.timeout_s:g} s"
    )
