"""Digests of what is started and what is sent, by which two benches are known to be of the same."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec


def digests_of(suite: Suite, systems: Sequence[SystemSpec], directory: Path) -> dict[str, str]:
    """Return a digest for each system: of its table, of what is sent to it, and of the database that it has.

    Args:
        suite: theirs.
        systems: of it.
        directory: of the suite, where the files are that it names.

    Raises:
        OSError: one of these cannot be read.
    """
    sent = [suite.requests, suite.session, suite.database, suite.prepare]
    shared = hashlib.sha256(msgspec.json.encode(sent))
    for name in _files(suite):
        shared.update((directory / name).read_bytes())
    return {system.name: _digest(shared.digest(), suite, system) for system in systems}


def _files(suite: Suite) -> Iterator[str]:
    """Yield the files that are sent, or that make the database."""
    session = suite.session
    for step in [*suite.requests, *([] if session is None else session.requests)]:
        if step.body_file is not None:
            yield step.body_file
    if session is not None and session.data is not None:
        yield session.data
    yield from () if suite.database is None else suite.database.load


def _digest(shared: bytes, suite: Suite, system: SystemSpec) -> str:
    whole = replace(
        system,
        workers=suite.workers if system.workers is None else system.workers,
        threads=suite.threads if system.threads is None else system.threads,
        venv=suite.venv if system.venv is system.python is None else system.venv,
        python=suite.python if system.venv is system.python is None else system.python,
    )
    return hashlib.sha256(shared + msgspec.json.encode(whole)).hexdigest()
