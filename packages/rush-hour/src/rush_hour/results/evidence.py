"""What the parts of a system said and showed under load: logs, errors explained, the database, a profile."""

from dataclasses import dataclass, field

from rush_hour.results.resources import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log, without what a terminal would obey.

    Attributes:
        number: of the line in the whole log, from 1.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLog:
    """The log of one part: its end, and the lines that explain something.

    Attributes:
        name: of the file, in the logs of the result's directory.
        lines: in the log's order; where their numbers leave some out, so did we.
        lines_total: of the whole log.
    """

    role: Role
    name: str
    lines: list[LogLine]
    lines_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedError:
    """Something that went wrong, as the part that saw it says.

    Attributes:
        role: the role whose log or counter says so.
        program: the program that keeps it.
        count: how often.
        what: what happened, in one sentence without its full stop.
        sign: the words of the log or the name of the counter that tell it.
        code: a name that stays, such as `backlog-full`; empty in older documents.
        cause: the role that made it; None where that is not known.
        advice: the setting that would help, in one sentence; empty where none is known.
        log: the name of the log that has it; None for what is in none.
        line: the number of its first line there.
        requests: how many of the run's bad answers and failures it accounts for, each of which is counted once; None
            where that cannot be told, or where another entry has them: its cause, or another log of the same.
    """

    role: Role
    program: str
    count: int
    what: str
    sign: str
    code: str = ""
    cause: Role | None = None
    advice: str = ""
    log: str | None = None
    line: int | None = None
    requests: int | None = None

    @property
    def sentence(self) -> str:
        """All of it, for reading."""
        times = f"{self.count:,} time{'s' if self.count != 1 else ''}"
        return f"{self.program}, {times}: {self.what}{f' ({self.sign})' if self.sign else ''}."


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRow:
    """One look at what the database's connections did.

    Attributes:
        at_s: since the start of the measurement.
        connections: of the systems' own, whatever they did.
        active: executed a statement.
        waiting: of those, waited for a lock.
        idle_in_transaction: had begun a transaction, and did nothing.
        longest_s: for how long the oldest statement had been executed; 0 without any.
    """

    at_s: float
    connections: int
    active: int
    waiting: int
    idle_in_transaction: int
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One kind of statement, its constants left out where the database does that.

    Attributes:
        text: of the statement, cut where it is long.
        seen_active: in how many looks it was being executed, summed over connections.
        calls, total_s: from pg_stat_statements; None where the server does not have that.
    """

    text: str
    seen_active: int
    calls: int | None = None
    total_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseActivity:
    """The database while the load was measured: pg_stat_activity, looked at again and again.

    Attributes:
        max_connections: that the server allows.
        timeline: the looks.
        statements: those that were seen most, first.
    """

    max_connections: int
    timeline: list[DatabaseRow] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack of calls, outermost first.

    Attributes:
        frames: such as `answer (application.py:12)`.
        samples: in which it was seen.
    """

    frames: list[str]
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Where one process spent its time.

    Attributes:
        program: that sampled it, with its version.
        pid, name: of the process.
        duration_s: for how long it was sampled.
        stacks: the most frequent.
        samples: of all stacks.
    """

    program: str
    pid: int
    name: str
    duration_s: float
    stacks: list[Stack]
    samples: int
