"""Runs of a profile, made by hand: so many good answers in each phase, and the rest never answered."""

from collections.abc import Sequence
from dataclasses import replace

from made_systems import Maker, latency
from profiles import profile_of

from rush_hour.core.figures import TimelineRow
from rush_hour.results.run import PhaseFigures, Run


def profiled_run(make: Maker, text: str, good: Sequence[int] | None = None, *, p99_us: int = 2_000) -> Run:
    """Return a run of a profile; without other orders everything is answered well."""
    profile = profile_of(text)
    begins_at_s = [0.0, *(end_ns / 1e9 for end_ns in profile.ends_ns)]
    due = [round(phase.mean_per_s * phase.duration_s) for phase in profile.phases]
    good = due if good is None else good
    phases = [
        PhaseFigures(
            name=phase.name, begins_at_s=begin_s, duration_s=phase.duration_s, offered_per_s=phase.mean_per_s,
            due=of_phase, sent=answered, good=answered, bad=0, failed=0,
            latency_us=latency(2 * p99_us, answered) if answered else None, send_lag_us=None, histogram_us=None,
        )
        for phase, begin_s, of_phase, answered in zip(profile.phases, begins_at_s, due, good, strict=False)
    ]  # fmt: skip
    rows = [
        TimelineRow(
            at_s=float(second), sent=100, good=round(profile.phase_at(second - 0.5).mean_per_s), bad=0, failed=0,
            p50_us=p99_us // 2, p99_us=p99_us,
        )
        for second in range(1, round(profile.duration_s) + 1)
    ]  # fmt: skip
    return make.run(
        plan=replace(make.plan, profile=profile, rate_per_s=profile.mean_per_s, duration_s=profile.duration_s),
        requests_due=sum(due), requests_sent=sum(due), responses_good=sum(good), responses_total=sum(good),
        unanswered_at_end=sum(due) - sum(good), goodput_per_s=sum(good) / profile.duration_s,
        elapsed_s=profile.duration_s, timeline=rows, phases=phases,
    )  # fmt: skip
