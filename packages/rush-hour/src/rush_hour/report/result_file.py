"""The result file: one JSON document for each run, versioned, with raw histograms, so that it can be read again.

`result.schema.json` beside this module is the JSON Schema of what is written; it is made from the types here.

Version history:
    1  first version
       later added, and absent in older files: read_lag_us, what kept the generator from measuring, `interrupted`
"""

from dataclasses import dataclass, field
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal

import msgspec

from rush_hour.core.result import LoadReport, LoadResult, PlanFacts, Verdict
from rush_hour.errors import UsageError
from rush_hour.report.output_file import write_output

SCHEMA_VERSION: Literal[1] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFile:
    """What `rush-hour load --json` writes."""

    schema_version: Literal[1]
    kind: Literal["load"]
    plan: PlanFacts
    result: LoadResult
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the processes of one role used while the load was measured.

    Attributes:
        max_rss_bytes: highest sum of their resident memory; pages that they share count once for each.
    """

    cpu_s: float
    max_rss_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What each role used; null for a role that the system does not have."""

    server: Usage
    proxy: Usage | None
    database: Usage | None
    generator: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEntry:
    """One system of a bench.

    Attributes:
        status: whether it was measured, could not be started on this machine, failed, or was measured until Ctrl-C.
        reason: why, unless it is `ok`.
        notes: what differs from the suite, such as a port that was taken.
        versions: of the packages it runs on.
        others_cpu_s: what everything else on the machine used meanwhile, other guests of its host included.
    """

    name: str
    title: str
    status: Literal["ok", "unavailable", "failed", "interrupted"]
    reason: str | None = None
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    load: LoadReport | None = None
    resources: Resources | None = None
    others_cpu_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """What was benched.

    Attributes:
        workers: the `{workers}` of the systems' command lines.
        rules: what makes the comparison fair.
    """

    name: str
    title: str
    path: str
    workers: int
    rules: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """Where it was benched."""

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    system: str
    limits: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchFile:
    """What `rush-hour bench` writes: again after each system, so that a crash loses nothing."""

    schema_version: Literal[1]
    kind: Literal["bench"]
    started_at: str
    suite: SuiteFacts
    machine: MachineFacts
    versions: dict[str, str]
    systems: list[SystemEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What tells how to read the rest."""

    schema_version: int
    kind: Literal["load", "bench"]


def load_file(report: LoadReport) -> LoadFile:
    """Return what to write of a run."""
    return LoadFile(
        schema_version=SCHEMA_VERSION, kind="load", plan=report.plan, result=report.result, verdict=report.verdict
    )


def write_result(path: Path, document: LoadFile | BenchFile) -> None:
    """Write a document, whole or not at all.

    Raises:
        OutputLost: the file cannot be written.
    """
    write_output(path, msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")


def read_result(path: Path) -> LoadFile | BenchFile:
    """Read a document back.

    Raises:
        UsageError: there is none, or it is not of this version.
    """
    try:
        data = path.read_bytes()
        header = msgspec.json.decode(data, type=_Header)
        if header.schema_version != SCHEMA_VERSION:
            raise UsageError(
                f"{path}: expected a result file of version {SCHEMA_VERSION}, got version {header.schema_version}; "
                "read it with the release of Rush Hour that wrote it."
            )
        if header.kind == "load":
            return msgspec.json.decode(data, type=LoadFile)
        return msgspec.json.decode(data, type=BenchFile)
    except OSError as error:
        raise UsageError(f"{path}: the result cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: expected a result file: {error}.") from error


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of both kinds of document."""
    schemas, components = msgspec.json.schema_components([LoadFile, BenchFile], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rush Hour result",
        "oneOf": list(schemas),
        "$defs": {name: _closed(component) for name, component in components.items()},
    }


def _closed(component: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one type without any other members; its docstring as CPython 3.13 would keep it."""
    return component | {"description": cleandoc(component["description"]), "additionalProperties": False}
