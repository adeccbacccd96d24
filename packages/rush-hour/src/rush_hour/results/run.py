"""A run, one start of one system under one plan: what was asked for, what was measured, what to think of it.

These types are the document's (`document.py`): they are written as they are. What follows from the figures is a
property, and is not written. Every quantity carries its unit in its name.
"""

from dataclasses import dataclass, field

from rush_hour.core.arrivals import describe_offer
from rush_hour.core.expectation import BadAnswer
from rush_hour.core.figures import DurationSummary, TimelineRow
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.results.evidence import DatabaseActivity, ExplainedError, Profile
from rush_hour.results.resources import Resources, Role

FAULTY_RATIO = 0.001  # of the requests due, that may go wrong where a server holds


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """The order that a run carried out.

    Attributes:
        rate_per_s: the mean of a profile; None for a closed loop.
        arrivals: `constant`, `poisson` or `closed-loop`.
        profile: by which the rate changed; None where it did not.
    """

    url: str
    rate_per_s: float | None
    duration_s: float
    warmup_s: float
    connections: int
    processes: int
    arrivals: str
    timeout_s: float
    seed: int = 0
    max_requests: int | None = None
    connection_per_request: bool = False
    profile: LoadProfile | None = None

    @property
    def offered(self) -> str:
        """The offered load, for reading."""
        return describe_offer(self.arrivals, self.rate_per_s, self.profile)

    @property
    def highest_per_s(self) -> float | None:
        """The highest rate that is offered at any time; None for a closed loop."""
        return self.rate_per_s if self.profile is None else self.profile.highest_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorUsage:
    """Usage of the load generator while it measured, and whatever kept it from measuring.

    Attributes:
        cpu_s: of the processes that send, and of the one that counts.
        max_rss_bytes: of the processes that send.
        busiest_process_cpu_ratio: of one core, from 0 to 1.
        own_pause_us: the longest time for which a process that sends was awake and looked at no connection, less what
            it waited for a core in that second.
        page_faults_per_s, major_page_faults_per_s: of the process that had most, between the first and the last
            second; None for a run that is too short to say.
        busiest_process_busy_ratio: of the process for which it is most: share of the run in which it ran, or was ready
            to and had no core; None in older documents.
        run_queue_wait_ratio: of the process that had most: share of the run for which it was ready and had no core;
            None where the kernel does not say.
        steal_ratio: share of the machine's CPU time that its host gave to others; None where it is not known.
        stalled_s: for how long a process stood still altogether: it was stopped, or had no core, or its host none.
        unjudged: requests that were in flight then; what came of them may be the generator's doing.
        durations_lost: answers and sent requests whose durations are in no distribution: there was no room for them.
    """

    cpu_s: float
    max_rss_bytes: int
    processes: int
    busiest_process_cpu_ratio: float
    own_pause_us: int | None = None
    page_faults_per_s: float | None = None
    major_page_faults_per_s: float | None = None
    run_queue_wait_ratio: float | None = None
    busiest_process_busy_ratio: float | None = None
    steal_ratio: float | None = None
    stalled_s: float = 0.0
    unjudged: int = 0
    durations_lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """Connections of a run: opened, lost, refused.

    Attributes:
        open_at_start, open_at_end: how many were open then.
        reconnects: how often a lost or closed connection was opened again.
        closed_idle: how often the server closed a connection that waited for nothing.
        connect_failures: attempts that failed, by the name of the error.
    """

    open_at_start: int
    open_at_end: int
    reconnects: int
    closed_idle: int
    connect_failures: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histograms:
    """The distributions themselves, in HdrHistogram's V2 format and base64; null where nothing was recorded."""

    latency_us: str | None
    service_time_us: str | None
    send_lag_us: str | None
    latency_bad_us: str | None
    read_lag_us: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFigures:
    """Figures of one of several requests with names.

    Attributes:
        sent, good, bad, failed: how many were sent, answered well, answered badly, and ended in an error.
        latency_us: of good answers, from the moment each was due.
        histogram_us: the same distribution in HdrHistogram's V2 format and base64; None without any.
    """

    name: str
    sent: int
    good: int
    bad: int
    failed: int
    latency_us: DurationSummary | None
    histogram_us: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFigures:
    """Figures of one phase of a profile: of the requests that were due in it, whenever they were answered.

    Attributes:
        begins_at_s: since the start of the run.
        duration_s: of the phase; of one that Ctrl-C cut short, until then.
        offered_per_s: in the mean of the whole phase.
        due: how many requests; they were sent or not.
        sent, good, bad, failed: how many of them were sent, answered well, answered badly, and ended in an error.
        latency_us: of good answers, from the moment each was due.
        send_lag_us: of those sent: how late the generator itself was, the connection being free.
        histogram_us: that of the latency in HdrHistogram's V2 format and base64; None without any.
    """

    name: str
    begins_at_s: float
    duration_s: float
    offered_per_s: float
    due: int
    sent: int
    good: int
    bad: int
    failed: int
    latency_us: DurationSummary | None
    send_lag_us: DurationSummary | None
    histogram_us: str | None

    @property
    def goodput_per_s(self) -> float:
        """Good answers to the requests due in it, for each of its seconds."""
        return self.good / self.duration_s

    @property
    def holds(self) -> bool:
        """Whether the server answered all that was due in it, and well; one in a thousand may be missing."""
        return self.due - self.good <= FAULTY_RATIO * self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRequest:
    """One of the slowest requests of a run that were answered.

    Attributes:
        due_at_s: since the start of the run.
        request: its name; None where requests have none.
        connection: its number, from 0.
        latency_us: from the moment it was due.
        service_time_us: from the moment it was sent.
        status: of the answer.
        is_good: whether it was the answer that was expected.
    """

    due_at_s: float
    request: str | None
    connection: int
    latency_us: int
    service_time_us: int
    status: int
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """The measured figures of a run.

    Each request that was due is counted once:

        requests_due = responses_total + sum(errors) + unanswered_at_end

    Attributes:
        requests_sent: of those due, how many were written to a connection at least in part.
        errors: requests that failed, by phase and error, such as `read:ECONNRESET`.
        unanswered_at_end: due, and neither answered nor failed when the run ended; sent or not.
        rate_per_s: requests sent per second of the plan.
        goodput_per_s: good answers per second of `elapsed_s`.
        elapsed_s: the time of the plan; where not every request due was sent, until the last answer to one that was.
        latency_us: of good answers, from the moment each request was due.
        service_time_us: of good answers, from the moment each request was sent.
        send_lag_us: of all requests sent: how late the generator itself was, the connection being free.
        latency_bad_us: of answers that were not good.
        read_lag_us: of all answers: for how long they waited to be read by the generator.
        responses_bad_by_status: the answers that were not good; in older documents none.
        first_bad: one of the first answers that were not good; None without any.
        requests: each request of a target file.
        slowest: the slowest answers, slowest first.
        phases: each phase of a profile that was begun.
    """

    requests_due: int
    requests_sent: int
    responses_total: int
    responses_good: int
    responses_by_status: dict[str, int]
    errors: dict[str, int]
    unanswered_at_end: int
    rate_per_s: float
    goodput_per_s: float
    bytes_read: int
    elapsed_s: float
    latency_us: DurationSummary | None
    service_time_us: DurationSummary | None
    send_lag_us: DurationSummary | None
    latency_bad_us: DurationSummary | None
    generator: GeneratorUsage
    connections: ConnectionFacts
    timeline: list[TimelineRow]
    histogram: Histograms
    read_lag_us: DurationSummary | None = None
    responses_bad_by_status: dict[str, int] = field(default_factory=dict)
    first_bad: BadAnswer | None = None
    requests: list[RequestFigures] = field(default_factory=list)
    slowest: list[SlowRequest] = field(default_factory=list)
    phases: list[PhaseFigures] = field(default_factory=list)

    @property
    def responses_bad(self) -> int:
        """Answers that were not good."""
        return self.responses_total - self.responses_good

    @property
    def requests_failed(self) -> int:
        """Requests that ended in an error instead of an answer."""
        return sum(self.errors.values())

    @property
    def good_ratio(self) -> float:
        """Share of the requests due that were answered well, from 0 to 1."""
        return self.responses_good / self.requests_due

    @property
    def bad_ratio(self) -> float | None:
        """Share of the answers that were not good, from 0 to 1; None without any answer."""
        return self.responses_bad / self.responses_total if self.responses_total else None

    @property
    def holds(self) -> bool:
        """Whether the server answered all that was due, and well; one in a thousand may be missing."""
        return self.requests_due - self.responses_good <= FAULTY_RATIO * self.requests_due


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One reason to doubt the figures or the server: what was seen and what to do."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Trust in the figures, and the doubts."""

    trusted: bool
    warnings: list[Doubt] = field(default_factory=list)

    def message_of(self, code: str) -> str | None:
        """Return what was seen of one kind of doubt; None where there was nothing."""
        return next((doubt.message for doubt in self.warnings if doubt.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One start of one system under one plan.

    Attributes:
        started_at, ended_at: of the measurement, UTC, ISO 8601; None where it was not written down.
        block: of a bench with repeats, the number of the block that it is of, from 1: each has every system once.
        is_interrupted: whether Ctrl-C cut the measurement short.
        is_ended_early: whether it was ended before its time, because what it was for was known.
        resources: what each role used meanwhile; None where the system was not started by the rig.
        others_cpu_s: what everything else on the machine used meanwhile, other guests of its host included.
        others_cpu_ratio: the same as a share of what the machine could have used, from 0 to 1.
        explained_errors: what went wrong, as those who saw it say.
        database: what the database did meanwhile; None where nobody looked.
        profile: where the busiest process of the server spent its time; None where nobody looked.
    """

    plan: PlanFacts
    result: LoadResult
    verdict: Verdict
    started_at: str | None = None
    ended_at: str | None = None
    block: int | None = None
    is_interrupted: bool = False
    is_ended_early: bool = False
    resources: Resources | None = None
    others_cpu_s: float | None = None
    others_cpu_ratio: float | None = None
    explained_errors: list[ExplainedError] = field(default_factory=list)
    database: DatabaseActivity | None = None
    profile: Profile | None = None

    def cpu_us_per_good_answer(self, role: Role) -> float | None:
        """Return the CPU time that a role used for each good answer; None where either is not there."""
        usage = None if self.resources is None else self.resources.of_role(role)
        good = self.result.responses_good
        return None if usage is None or not good else usage.cpu_s * 1e6 / good

    @property
    def cpu_share_by_role(self) -> dict[Role, float]:
        """The roles' shares of the CPU time that all of them used, from 0 to 1; none where nothing is known."""
        used_s: dict[Role, float] = {}
        if self.resources is not None:
            used_s = {role: usage.cpu_s for role, usage in self.resources.by_role().items()}
        total_s = sum(used_s.values())
        return {role: cpu_s / total_s for role, cpu_s in used_s.items()} if total_s else {}
