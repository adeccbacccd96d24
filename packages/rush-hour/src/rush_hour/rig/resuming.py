"""Going on with a bench or a trial that ended before its time. Pure: what is kept, and why it cannot be."""

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


_OF_A_TRIAL = {
    "the application": "target",
    "how it is called": "interface",
    "--front nginx": "front",
    "--slo": "objective",
    "--budget in seconds": "budget_s",
    "--repeats": "repeats",
    "--seed": "seed",
    "--connections": "connections",
    "--max-connections": "most_connections",
    "--load-processes": "processes",
    "--timeout in seconds": "timeout_s",
    "--cpus": "cpus",
    "--load-cpus": "load_cpus",
}


def check_trial_resumable(before: Document, begun: Document) -> None:
    """Refuse to go on with a trial of something else.

    Args:
        before: the document of the trial so far.
        begun: what it would be if it began now.

    Raises:
        UsageError: something is not what it was, or there is no trial.
    """
    trial, now = before.trial, begun.trial
    if trial is None:
        raise UsageError(f"--resume: expected results of `rush-hour try`, got those of {before.kind}.")
    for what, name in _OF_A_TRIAL.items():
        _same(what, getattr(trial, name), getattr(now, name))
    if before.machine is not None and begun.machine is not None:
        _same("the machine", _kind(before.machine), _kind(begun.machine))
    was, digests = ({} if document.suite is None else document.suite.digests for document in (before, begun))
    _same("the contenders", join_names(sorted(was)), join_names(sorted(digests)))
    changed = sorted(name for name in was if was[name] != digests[name])
    if changed:
        raise UsageError(
            f"--resume: expected {join_names(changed)} to be what it was: another server, command or environment, or "
            "other requests. Begin anew, without --resume."
        )


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
