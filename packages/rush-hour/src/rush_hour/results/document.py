"""Documents: the lasting results of commands, versioned, with raw histograms.

Everything that comes after a measurement reads documents only. `document.schema.json` beside this module is the JSON
Schema of what is written; it is made from the types here (`file.py`).

Version history:
    1  first version; later added, and absent in older files: read_lag_us, what kept the generator from measuring,
       `interrupted`
    2  one form for all kinds: systems, each with its runs; when it started and ended, command line, label and commit,
       the machines of the servers and of the generators; each second and each process of a role; explained errors;
       later added, and absent in older files: the ends of logs, what helps against an error, the slowest requests,
       answers by process, the busiest process of a second, the database's activity, a profile, published figures,
       the latencies of each second, runs that ended early, the kinds `capacity` and `try`, repeats, the kind `import`
       with what other tools measured, pairs of revisions, the threads of suites and the digests of their systems,
       requirements, the health of machines
"""

from dataclasses import dataclass, field
from typing import Literal

from rush_hour.results.capacity import Capacity
from rush_hour.results.evidence import PartLog
from rush_hour.results.health import Health
from rush_hour.results.imported import ImportedRun
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.results.trial import Trial

SCHEMA_VERSION: Literal[2] = 2

Kind = Literal["load", "bench", "capacity", "try", "import"]
Status = Literal["ok", "unavailable", "failed", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A machine: of the servers, or of a load generator.

    Attributes:
        name: its host name; None where it was not written down.
        cores: that may be used.
        health: what of it bears on measurements; None where nobody looked.
    """

    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    system: str
    limits: dict[str, str]
    name: str | None = None
    health: Health | None = None

    @property
    def quota_cores(self) -> float | None:
        """How many of its cores the control groups allow; None where that is all of them."""
        try:
            quota = float(self.limits.get("cpu_quota_cores", "inf"))
        except ValueError:
            return None
        return quota if quota < self.cores else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFigures:
    """Figures of one system that can be compared with published ones.

    Attributes:
        mean_us, max_us: latency of all answers, good and bad, as wrk2 has it; None without any.
    """

    name: str
    rate_per_s: float
    requests_per_s: float
    goodput_per_s: float
    bad_ratio: float
    mean_us: float | None
    max_us: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFacts:
    """The suite of a bench.

    Attributes:
        workers, threads: the `{workers}` and `{threads}` of the systems' command lines; in older documents no threads.
        rules: what makes the comparison fair.
        published: figures of the same systems that were published, to compare with.
        digests: of a bench, by the names of systems: of what each is and what is sent to it; in older documents none.
    """

    name: str
    title: str
    path: str
    workers: int
    rules: list[str] = field(default_factory=list)
    published: list[SystemFigures] = field(default_factory=list)
    threads: int | None = None
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatFacts:
    """How often the systems of a bench were to be started.

    Attributes:
        blocks: at most so many; each has every system once.
        seed: of the order of the systems in each block.
        until: what was to be known how exactly, as it was written; then no further block was begun.
        budget_s: no block was begun that would have ended later; None without a limit.
        ended_because: why it ended before all blocks were done; None where it did not.
    """

    blocks: int
    seed: int
    until: str | None = None
    budget_s: float | None = None
    ended_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequireFacts:
    """What the systems were required to keep: objectives, as they were written.

    Attributes:
        all: of every system.
        systems: besides, of the system of a name.
        baseline: the name of the system that clauses with `baseline` compare others with.
    """

    all: list[str] = field(default_factory=list)
    systems: dict[str, list[str]] = field(default_factory=dict)
    baseline: str | None = None


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
        imported: what another tool measured of it.
        logs: of its parts.
        base: the name of the system that is the same of another revision, and that it is compared with.
        commit: that it is of, if that is not the document's.
    """

    name: str
    title: str
    status: Status
    reason: str | None = None
    notes: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    command_line: str | None = None
    runs: list[Run] = field(default_factory=list)
    imported: list[ImportedRun] = field(default_factory=list)
    logs: list[PartLog] = field(default_factory=list)
    base: str | None = None
    commit: str | None = None

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
        capacity: of a capacity, whose steps are the runs of its one system.
        trial: of a try, whose contenders have a system each.
        repeats: of a bench that has some.
        require: of a load or bench whose systems were to keep something.
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
    repeats: RepeatFacts | None = None
    require: RequireFacts | None = None
    systems: list[System]
    capacity: Capacity | None = None
    trial: Trial | None = None
    plan: PlanFacts | None = None
    result: LoadResult | None = None
    verdict: Verdict | None = None
