"""Trust in a run's figures: a closed list of checks, as data.

Two questions are kept apart. Was the measurement sound? Only then is it `trusted`. Did the server hold? A server that
answers badly or late is a finding, not a reason to doubt the figures.

Pure: results in, verdict out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from rush_hour.core.faults import GENERATOR_FAULTS, GENERATOR_PREFIX, STALLED_PREFIX
from rush_hour.core.figures import DurationSummary
from rush_hour.judge.steady import unlike_halves
from rush_hour.results.run import FAULTY_RATIO, Doubt, LoadResult, PhaseFigures, PlanFacts, Verdict

RATE_REACHED_RATIO = 0.999  # of the requests due that must have been sent
GENERATOR_BUSY_RATIO = 0.9  # above it a process of the generator is a bottleneck (locust warns at 90 % of a core)
SEND_LAG_RATIO = 0.1  # of the latency shown, at the median or at the 99th percentile
SEND_LAG_ALWAYS_FINE_US = 1_000
SAMPLES_BEYOND_PERCENTILE = 10  # a percentile with fewer samples above it says little
OTHER_LOAD_RATIO = 0.2  # of the machine, that others may take: as much as figures differ from run to run
SHARED_CORES = "shared-cores"
PERCENTILES = (99.99, 99.9, 99.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts that the checks look at."""

    plan: PlanFacts
    result: LoadResult
    shares_cores: bool
    is_interrupted: bool = False
    is_ended_early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One reason for doubt.

    Attributes:
        code: its name in the result file.
        ends_trust: whether the figures cannot be trusted when it applies.
        find: returns what was seen and what to do; None when it does not apply.
    """

    code: str
    ends_trust: bool
    find: Callable[[Facts], tuple[str, str] | None]


def judge(
    plan: PlanFacts,
    result: LoadResult,
    *,
    shares_cores: bool,
    is_interrupted: bool = False,
    is_ended_early: bool = False,
) -> Verdict:
    """Judge one run.

    Args:
        plan: what it was asked to do.
        result: what it measured.
        shares_cores: whether the server is on the machine of the load generator.
        is_interrupted: whether Ctrl-C cut it short.
        is_ended_early: whether it was ended because what it was for was known.
    """
    facts = Facts(
        plan=plan,
        result=result,
        shares_cores=shares_cores,
        is_interrupted=is_interrupted,
        is_ended_early=is_ended_early,
    )
    found = [(check, seen) for check in CHECKS if (seen := check.find(facts)) is not None]
    return Verdict(
        trusted=not any(check.ends_trust for check, _ in found),
        warnings=[Doubt(code=check.code, message=message, hint=hint) for check, (message, hint) in found],
    )


def doubt_other_load(verdict: Verdict, ratio: float) -> Verdict:
    """Add what other programs, and other guests of the same host, took from a run whose every part is known.

    Args:
        verdict: the verdict without that.
        ratio: share of the machine's CPU time in the run that no part of it used, from 0 to 1.
    """
    if ratio <= OTHER_LOAD_RATIO:
        return verdict
    doubt = Doubt(
        code="other-load",
        message=f"other programs took {ratio:.0%} of the machine's CPU: the figures are lower than without them.",
        hint="Measure again when nothing else runs.",
    )
    return Verdict(trusted=False, warnings=[doubt, *verdict.warnings])


def without_shared_cores(verdict: Verdict) -> Verdict:
    """Take back that load generator and server shared cores, of a run in which they are known to have had their own."""
    return replace(verdict, warnings=[doubt for doubt in verdict.warnings if doubt.code != SHARED_CORES])


def _interrupted(facts: Facts) -> tuple[str, str] | None:
    if not facts.is_interrupted:
        return None
    measured_s, planned_s = facts.result.elapsed_s, facts.plan.duration_s
    message = f"interrupted after {measured_s:.1f} of {planned_s:g} s: the rest was not measured."
    return message, "Compare it with nothing that ran to its end."


def _ended_early(facts: Facts) -> tuple[str, str] | None:
    if not facts.is_ended_early:
        return None
    measured_s, planned_s = facts.result.elapsed_s, facts.plan.duration_s
    message = f"ended after {measured_s:.1f} of {planned_s:g} s: its objective could not be met any more."
    return message, "Its figures are of the time until then; compare them with nothing that ran to its end."


def _generator_saturated(facts: Facts) -> tuple[str, str] | None:
    generator = facts.result.generator
    used_ratio, busy_ratio = generator.busiest_process_cpu_ratio, generator.busiest_process_busy_ratio or 0.0
    if max(used_ratio, busy_ratio) <= GENERATOR_BUSY_RATIO:
        return None
    what = f"used {used_ratio:.0%} of a core"
    if used_ratio <= GENERATOR_BUSY_RATIO:
        what = f"had something to do for {busy_ratio:.0%} of the run, and no core for a part of it"
    return (
        f"a process of the load generator {what}: the generator was the bottleneck.",
        f"Use more processes than {facts.plan.processes} (-t), a lower rate, or another machine for the load.",
    )


def _generator_stalled(facts: Facts) -> tuple[str, str] | None:
    generator = facts.result.generator
    if not generator.stalled_s:
        return None
    message = (
        f"the load generator itself stood still for {generator.stalled_s:.1f} s, and {generator.unjudged:,} requests "
        "were in flight then: what came of them, and latencies of that time, may be its own doing."
    )
    return message, "Measure again; a process or machine that was stopped, or had no CPU, measures nothing."


def _generator_faults(facts: Facts) -> tuple[str, str] | None:
    result = facts.result
    counts = Counter({name: result.connections.connect_failures.get(name, 0) for name in GENERATOR_FAULTS})
    for name, count in result.errors.items():
        fault = name.removeprefix(GENERATOR_PREFIX)
        if fault in GENERATOR_FAULTS and fault != name:
            counts[fault] = max(counts[fault], count)  # a failed attempt that a request waited for is in both
    if not counts.total():
        return None
    worst, count = counts.most_common(1)[0]
    why, advice = GENERATOR_FAULTS[worst]
    return f"{why} ({worst}, {count:,} times): that says nothing of the server.", advice


def _durations_lost(facts: Facts) -> tuple[str, str] | None:
    lost = facts.result.generator.durations_lost
    if not lost:
        return None
    return (
        f"the process that counts fell behind: {lost:,} durations are in no distribution. The counts are complete.",
        "Leave it some CPU, or lower the rate.",
    )


def _generator_late(facts: Facts) -> tuple[str, str] | None:
    result = facts.result
    latencies = result.latency_us or result.latency_bad_us
    lags = [("sent", result.send_lag_us, latencies), ("read", result.read_lag_us, latencies)]
    late = next((late for what, *both in lags if (late := _late_by(what, *both)) is not None), None)
    if late is None:
        late = next((late for phase in result.phases if (late := _late_in(phase)) is not None), None)
    if late is None:
        return None
    hint = "Leave it a core of its own, lower the rate, or use another machine for the load."
    return f"the load generator {late}: that part is its own.", hint


def _late_in(phase: PhaseFigures) -> str | None:
    """Return by how much it was late in one phase of a profile; of few requests that says nothing."""
    lag = phase.send_lag_us
    if lag is None or lag.count < 100 * SAMPLES_BEYOND_PERCENTILE:
        return None
    late = _late_by("sent", lag, phase.latency_us)
    return None if late is None else f"{late} in the phase {phase.name!r}"


def _late_by(what: str, lags: DurationSummary | None, latencies: DurationSummary | None) -> str | None:
    """Return by how much it was late, of which latency; None where that is little."""
    if lags is None or latencies is None:
        return None
    for name, lag_us, latency_us in (("median", lags.p50, latencies.p50), ("99th percentile", lags.p99, latencies.p99)):
        if lag_us > max(SEND_LAG_ALWAYS_FINE_US, SEND_LAG_RATIO * latency_us):
            return f"{what} late by {lag_us / 1000:.1f} ms ({name}) of a latency of {latency_us / 1000:.1f} ms"
    return None


def _rate_missed(facts: Facts) -> tuple[str, str] | None:
    due, sent = facts.result.requests_due, facts.result.requests_sent
    if sent >= RATE_REACHED_RATIO * due:
        return None
    if due - sent <= _late_count(facts) or _is_generators_fault(facts, due - sent):
        return (
            f"{sent:,} of {due:,} requests due were sent: the load generator itself kept the others from it.",
            "What is said of it above comes first; nothing follows for the server.",
        )
    refused = sum(count for name, count in facts.result.errors.items() if name.startswith("connect:"))
    if refused >= (due - sent) / 2 or facts.result.connections.open_at_end < facts.plan.connections / 2:
        return (
            f"{sent:,} of {due:,} requests due were sent: connections were missing, and {refused:,} times refused.",
            "The server refused connections or was gone; the errors say which.",
        )
    return (
        f"{sent:,} of {due:,} requests due were sent: the connections were still busy.",
        "The server does not hold this rate on these connections. Latencies of the requests sent are complete.",
    )


def _late_count(facts: Facts) -> float:
    """Return how many requests came due in the time that the generator itself stood still or was late by."""
    result = facts.result
    late_s = result.generator.stalled_s
    if result.send_lag_us is not None and _generator_late(facts) is not None:
        late_s += result.send_lag_us.max / 1e6
    due_per_s = result.requests_due / result.elapsed_s
    if facts.plan.profile is not None:
        due_per_s = facts.plan.profile.highest_per_s  # where it was late may have been the peak
    return due_per_s * late_s


def _is_generators_fault(facts: Facts, count: int) -> bool:
    """Whether at least half of so many requests failed, or had no connection, by the generator's own fault."""
    result = facts.result
    own = sum(number for name, number in result.errors.items() if name.startswith((GENERATOR_PREFIX, STALLED_PREFIX)))
    if result.connections.connect_failures.keys() & GENERATOR_FAULTS.keys():
        missing = facts.plan.connections - min(result.connections.open_at_start, result.connections.open_at_end)
        own += min(result.unanswered_at_end, missing * result.requests_due // facts.plan.connections)
    return own > 0 and own >= count / 2


def _connections_lost(facts: Facts) -> tuple[str, str] | None:
    plan, connections = facts.plan, facts.result.connections
    missing = plan.connections - min(connections.open_at_start, connections.open_at_end)
    if missing <= 0 or plan.connection_per_request:
        return None
    seen = ", ".join(f"{name} {count:,} times" for name, count in connections.connect_failures.items())
    own = connections.connect_failures.keys() & GENERATOR_FAULTS.keys()
    return (
        f"{missing:,} of {plan.connections:,} connections were not open at the start or at the end"
        + (f": {seen}." if seen else "."),
        "Some could not be opened by the load generator's own fault: see above."
        if own
        else "ECONNREFUSED: the server was gone. ETIMEDOUT: its backlog was full.",
    )


def _errors_above_limit(facts: Facts) -> tuple[str, str] | None:
    result = facts.result
    parts = {
        "answered badly": result.responses_bad,
        "failed": result.requests_failed,
        "unanswered at the end": result.unanswered_at_end,
    }
    if result.holds:
        return None
    seen = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    if result.first_bad is not None:
        whose = f", to {result.first_bad.request!r}," if result.first_bad.request else ""
        seen += f". The first bad answer{whose} had {result.first_bad.what}"
    share = sum(parts.values()) / result.requests_due
    advice = "Compare goodput, not requests. The statuses and errors say what went wrong."
    if _is_generators_fault(facts, sum(parts.values())):
        advice = "That was the load generator's own fault: see above."
    return f"{share:.1%} of the requests due were not answered well: {seen}.", advice


def _body_changes(facts: Facts) -> tuple[str, str] | None:
    result = facts.result
    is_rare = result.responses_bad <= FAULTY_RATIO * result.requests_due
    if result.first_bad is None or not result.first_bad.is_guess or is_rare:
        return None
    return (
        "the body was not the one of before the load: it changes with each request or with time, unless it is wrong.",
        "Say what is good: --expect-body any, sha256:HEX or json:TEXT; in a suite, expect = { body = ... }.",
    )


def _too_few_samples(facts: Facts) -> tuple[str, str] | None:
    latency = facts.result.latency_us
    if latency is None:
        return "no request was answered well: there are no latencies to show.", "Ask the server for the URL by hand."
    sound = [p for p in PERCENTILES if latency.count * (1 - p / 100) >= SAMPLES_BEYOND_PERCENTILE]
    if sound and sound[0] >= 99.0:
        return None
    highest = f"the {sound[0]:g}th percentile is" if sound else "the median is"
    return (
        f"{latency.count:,} good answers are too few for the 99th percentile; {highest} the highest that says much.",
        "Run longer (-d), or at a higher rate (-R)."
        if facts.plan.profile is None
        else "Run longer, or at higher rates (--profile).",
    )


def _not_steady(facts: Facts) -> tuple[str, str] | None:
    halves = unlike_halves(facts.plan, facts.result)
    if halves is None:
        return None
    first_us, second_us = halves
    change = f"from {first_us / 1000:.1f} ms in the first half to {second_us / 1000:.1f} ms in the second"
    advice = "If it grows, the rate is above what the server can do; if it falls, use a longer --warmup."
    if _generator_stalled(facts) is not None or _generator_late(facts) is not None:
        advice = "That may be the load generator's own doing: see above."
    return f"the median latency went {change}: the figures depend on how long the run was.", advice


def _shared_cores(facts: Facts) -> tuple[str, str] | None:
    if not facts.shares_cores:
        return None
    return (
        "the load generator ran on the server's own cores and took CPU from it.",
        "Compare systems measured the same way; for absolute figures use another machine for the load.",
    )


CHECKS = (
    Check(code="interrupted", ends_trust=False, find=_interrupted),
    Check(code="ended-early", ends_trust=False, find=_ended_early),
    Check(code="generator-stalled", ends_trust=True, find=_generator_stalled),
    Check(code="generator-faults", ends_trust=True, find=_generator_faults),
    Check(code="generator-saturated", ends_trust=True, find=_generator_saturated),
    Check(code="generator-late", ends_trust=True, find=_generator_late),
    Check(code="durations-lost", ends_trust=True, find=_durations_lost),
    Check(code="body-changes", ends_trust=True, find=_body_changes),
    Check(code="rate-missed", ends_trust=False, find=_rate_missed),
    Check(code="connections-lost", ends_trust=False, find=_connections_lost),
    Check(code="errors-above-limit", ends_trust=False, find=_errors_above_limit),
    Check(code="too-few-samples", ends_trust=False, find=_too_few_samples),
    Check(code="not-steady", ends_trust=False, find=_not_steady),
    Check(code=SHARED_CORES, ends_trust=False, find=_shared_cores),
)
