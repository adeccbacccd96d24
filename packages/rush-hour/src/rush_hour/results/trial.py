"""A trial: one application on many servers, ranked by the rate at which an objective is met. Types alone.

What was measured of each contender last is a run of the system of the same name.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round.

    Attributes:
        contenders: how many are in it.
        slot_s: how long each is measured.
        is_final: whether it is the last, or a repeat of it.
    """

    contenders: int
    slot_s: float
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one round said of a contender's capacity.

    Attributes:
        round: from 1.
        rate_per_s: None where no rate met the objective.
        low_per_s, high_per_s: the interval of this one start; there is no upper end where more could not be offered.
        measured_s: how long it was looked for.
    """

    round: int
    rate_per_s: float | None
    low_per_s: float | None
    high_per_s: float | None
    measured_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadFacts:
    """A reload under load.

    Attributes:
        signal: that asked for it.
        rate_per_s: of the load.
        due: requests.
        lost: those of them that failed, or were not answered well.
        survived: whether the server was still there, and answered.
    """

    signal: str
    rate_per_s: float
    due: int
    lost: int
    survived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The ranks that a contender may have: those above it for certain, and those below, are left out."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A server with its settings.

    Attributes:
        name: of its system in the document.
        server: its name in the catalogue.
        title: of the server, for people.
        workers, threads, loop: its settings; None for what it does not have.
        worker: what it calls a process that answers.
        start_s: how long it took until it answered rightly; None where it never did.
        estimates: of each round that it was in.
        low_per_s, high_per_s: of the last round's rate, with what two starts differ by.
        place: None for one that has no rate.
        gave_first: what was full where the objective began to be missed; None where nothing is known.
        saturation_per_s: the most good answers per second that it gave, however late.
        busiest_ratio: the share of the answers that came from the process with most of them; None where unknown.
        reload: None where it cannot reload, or was not asked to.
        remarks: what it was seen to do, such as to ignore its stop signal.
    """

    name: str
    server: str
    title: str
    workers: int | None
    threads: int | None
    loop: str | None
    worker: str = "worker"
    start_s: float | None = None
    estimates: list[Estimate] = field(default_factory=list)
    low_per_s: float | None = None
    high_per_s: float | None = None
    place: Place | None = None
    gave_first: str | None = None
    saturation_per_s: float | None = None
    busiest_ratio: float | None = None
    reload: ReloadFacts | None = None
    remarks: list[str] = field(default_factory=list)

    def estimate_of(self, number: int) -> Estimate | None:
        """Return the estimate of a round, counted from 1; None where it was not in it."""
        return next((one for one in self.estimates if one.round == number), None)

    @property
    def last(self) -> Estimate | None:
        """The estimate of the last round that it was in; None before any."""
        return self.estimates[-1] if self.estimates else None

    @property
    def rate_per_s(self) -> float | None:
        """The rate that is stated."""
        return None if self.last is None else self.last.rate_per_s

    @property
    def settings(self) -> str:
        """Its settings, for reading: `2 workers, 4 threads`."""
        shown: list[str] = []
        for count, what in ((self.workers, "worker"), (self.threads, "thread")):
            if count is not None:
                shown.append(f"{count} {what}{'s' if count != 1 else ''}")
        return ", ".join([*shown, *([self.loop] if self.loop else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingServer:
    """A server that could serve the application and is not installed, with the command that brings it."""

    name: str
    title: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial.

    Attributes:
        target: `module:object`.
        interface: how it is called.
        framework: empty for one that is not known.
        objective: as it was written.
        front: whether nginx was before each server.
        rounds: that were planned.
        budget_s, took_s: how long it was to take, and took.
        repeats: how often the last round was to be held.
        connections, most_connections: of the load, to begin with and at the most.
        processes: of the load generator.
        timeout_s: how long an answer might take.
        cpus, load_cpus: that servers and load generator were limited to; None for all.
        seed: by which the order of each round was drawn.
        restart_spread: by how much starts of one server differ: the standard deviation of the logarithm of its rate
            from start to start; measured on those that were started more than once.
        contenders: the best first; those without a rate last.
        missing: servers that are not installed.
    """

    target: str
    interface: str
    framework: str
    objective: str
    rounds: list[Round]
    budget_s: float
    took_s: float
    repeats: int
    connections: int
    most_connections: int
    processes: int
    timeout_s: float
    cpus: list[int] | None
    load_cpus: list[int] | None
    seed: int
    restart_spread: float
    contenders: list[Contender]
    missing: list[MissingServer] = field(default_factory=list)
    front: bool = False
