"""Documents: the lasting results of commands, versioned, with raw histograms.

Everything that comes after a measurement reads documents only. `document.schema.json` beside this module is the JSON
Schema of what is written; it is made from the types here (`file.py`).

Version history:
    1  first version; later added, and absent in older files: read_lag_us, what kept the generator from measuring,
       `interrupted`
    2  one form for all kinds: systems, each with its runs; when it started and ended, command line, label and commit,
       the machines of the servers and of the generators; each second and each process of a role; explained errors
"""

from dataclasses import dataclass, field
from typing import Literal

from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict

SCHEMA_VERSION: Literal[2] = 2

Kind = Literal["load", "bench"]
Status = Literal["ok", "unavailable", "failed", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A machine: of the servers, or of a load generator.

    Attributes:
        name: its host name; None where it was not written down.
        cores: that may be used.
    """

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    system: str
    limits: dict[str, str]
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """The suite of a bench.

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
class System:
    """A system of a suite, or whatever answers at a URL, with its runs.

    Attributes:
        status: whether it was measured, could not be started on this machine, failed, or was measured until Ctrl-C.
        reason: why, unless it is `ok`.
        notes: what differs from the suite, such as a port that was taken.
        versions: of the packages it runs on.
        command_line: as it was started, secrets masked; None for what was not started here.
        runs: one for each start that was measured.
    """

    name: str
    title: str
    status: Status
    reason: str | None = None
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    command_line: str | None = None
    runs: list[Run] = field(default_factory=list)

    @property
    def run(self) -> Run | None:
        """The last run; None without any."""
        return self.runs[-1] if self.runs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The lasting result of a command; of a bench, written again after each system, so that a crash loses nothing.

    Attributes:
        started_at, ended_at: of the command, up to the writing; UTC, ISO 8601; None where it was not written down.
        command_line: as the command was started, secrets masked.
        label: what the user called it.
        commit: of the checkout in which the command was started, `-dirty` where something in it was changed.
        machine: where the servers ran; None where that is not known.
        generators: where the load generators ran.
        versions: of Rush Hour and of the programs that systems share.
        suite: of a bench.
        plan, result, verdict: of a load, those of its last run, where version 1 had them: scripts look for them there.
    """

    schema_version: Literal[2]
    kind: Kind
    started_at: str | None = None
    ended_at: str | None = None
    command_line: str | None = None
    label: str | None = None
    commit: str | None = None
    machine: MachineFacts | None = None
    generators: list[MachineFacts] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    suite: SuiteFacts | None = None
    systems: list[System]
    plan: PlanFacts | None = None
    result: LoadResult | None = None
    verdict: Verdict | None = None
