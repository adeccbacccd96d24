"""Which systems of a suite are benched, by which requests, and what the command line says otherwise. Pure."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from rush_hour.errors import UsageError
from rush_hour.results.document import RequireFacts
from rush_hour.rig.suite.matrix import base_name, values_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

SHOWN_NAMES = 8


def choose(suite: Suite, only: Sequence[str]) -> list[SystemSpec]:
    """Return the systems to bench, in the suite's order: those that `--only` names, or all.

    Args:
        suite: the suite.
        only: names of systems, as they are or as they are in the file, and patterns of names; none for all.

    Raises:
        UsageError: a name or pattern is that of no system.
    """
    for pattern in only:
        if not any(is_meant(system, pattern) for system in suite.systems):
            raise UsageError(f"--only: expected one of {shown_names(suite)}, or a pattern of them; got {pattern!r}.")
    return [system for system in suite.systems if not only or any(is_meant(system, pattern) for pattern in only)]


def choose_one(suite: Suite, name: str | None, *, what: str) -> SystemSpec:
    """Return the system of a name; without a name, the only one.

    Args:
        suite: the suite.
        name: None for the only one.
        what: the argument or option that names it.

    Raises:
        UsageError: there is none, or there are several.
    """
    named = [system for system in suite.systems if name in {None, system.name}]
    if len(named) != 1:
        came = "none" if name is None else repr(name)
        raise UsageError(f"{what}: expected one of {shown_names(suite)}; got {came}.")
    return named[0]


def choose_requests(suite: Suite, names: Sequence[str]) -> Suite:
    """Return a suite with those requests alone that `--request` names, or with all.

    Args:
        suite: the suite.
        names: names of requests, and patterns of names; none for all.

    Raises:
        UsageError: a name or pattern is that of no request.
    """
    known = [request.label for request in suite.requests]
    for pattern in names:
        if not any(_is_called(label, pattern) for label in known):
            raise UsageError(f"--request: expected one of {_joined(known)}, or a pattern of them; got {pattern!r}.")
    requests = [
        request
        for request in suite.requests
        if not names or any(_is_called(request.label, pattern) for pattern in names)
    ]
    return replace(suite, requests=requests)


def override(suite: Suite, *, workers: int | None, threads: int | None) -> Suite:
    """Return a suite whose systems all have the workers and threads of the command line.

    Args:
        suite: the suite.
        workers: None for those of the suite and its systems.
        threads: the same.
    """
    systems = [
        replace(
            system,
            workers=system.workers if workers is None else None,
            threads=system.threads if threads is None else None,
        )
        for system in suite.systems
    ]
    return replace(suite, systems=systems, workers=workers or suite.workers, threads=threads or suite.threads)


def required(suite: Suite, systems: Sequence[SystemSpec]) -> RequireFacts | None:
    """Return what a suite requires of the systems that are benched; None without anything."""
    require = suite.require
    if require is None:
        return None
    own = {
        system.name: [text for pattern, text in require.systems.items() if is_meant(system, pattern)]
        for system in systems
    }
    return RequireFacts(
        all=[] if require.all is None else [require.all],
        systems={name: texts for name, texts in own.items() if texts},
        baseline=require.baseline,
    )


def check_overrides(
    systems: Sequence[SystemSpec], given: Mapping[str, object], *, by: str, option: str | None = None
) -> None:
    """Refuse an option for what a matrix varies.

    Args:
        systems: those that are benched.
        given: values by the name that they have in a matrix; None for those that are not given.
        by: the argument or option that chooses among systems.
        option: that gives the value, if it is not called as what it gives.

    Raises:
        UsageError: a matrix has values of its own.
    """
    for name, value in given.items():
        if value is not None and any(name in values_of(system) for system in systems):
            called = option or ("--server-threads" if name == "threads" else f"--{name}")
            raise UsageError(
                f"{called}: the suite's matrix has values of its own for {name}; choose among its systems with {by}."
            )


def is_meant(system: SystemSpec, pattern: str) -> bool:
    """Whether a name or pattern of names is a system's, as it is or as it is in the file."""
    return pattern == base_name(system.name) or _is_called(system.name, pattern)


def _is_called(name: str, pattern: str) -> bool:
    return pattern == name or fnmatchcase(name, pattern)


def shown_names(suite: Suite) -> str:
    """Return the names of a suite's systems for a message, not too many of them."""
    return _joined([system.name for system in suite.systems])


def _joined(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:SHOWN_NAMES])}, ... and {more} more"
