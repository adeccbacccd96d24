"""A server that is pretended, in the place of `measure`: its runs are made from what a plan asks, and take no time.

It takes requests as they come, answers each in the same time, and no more than so many a second.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from made_systems import Maker, latency

from rush_hour.core.figures import TimelineRow
from rush_hour.load.generators import RunOver
from rush_hour.load.plan import LoadPlan
from rush_hour.load.run import Observer
from rush_hour.results.run import Doubt, Run, Verdict


@dataclass
class PretendedServer:
    """A server, and the clock that its runs let pass.

    Attributes:
        capacity_per_s: that it answers at the most.
        service_s: what an answer takes.
        doubts: what speaks against runs at a rate, and whether that ends trust.
        on_run: called before each run with its number, from 0; may raise.
        plans: those that were carried out, without the short looks between them.
    """

    make: Maker
    capacity_per_s: float = 1000.0
    service_s: float = 0.001
    doubts: Callable[[float], list[Doubt]] = lambda _rate_per_s: []
    on_run: Callable[[int], None] = lambda _number: None
    is_quiet: bool = True
    slow_above_per_s: float = math.inf  # answers come in time, and are seen late
    now_s: float = 0.0
    plans: list[LoadPlan] = field(default_factory=list)
    interrupted_at: int | None = None

    def clock(self) -> float:
        return self.now_s

    def measure(
        self, plan: LoadPlan, _parts: Mapping[Any, Any] | None = None, observer: Observer | None = None,
        _onlookers: Iterable[Any] = (),
    ) -> Run:  # fmt: skip
        """What `measure` does."""
        facts = plan.facts()
        self.now_s += facts.duration_s + facts.warmup_s
        if observer is None:
            return self._run(
                plan, facts.connections / self.service_s, takes_s=self.service_s * (1 if self.is_quiet else 9)
            )
        self.on_run(len(self.plans))
        self.plans.append(plan)
        offered_per_s = facts.rate_per_s or facts.connections / self.service_s
        run = self._run(plan, offered_per_s, takes_s=self.service_s)
        for phase in ("connecting", "measuring"):
            observer.on_phase(phase)
        for row in run.result.timeline:
            observer.on_second(row)
        try:
            observer.watch()
        except RunOver:
            return replace(run, is_ended_early=True)
        return replace(run, is_interrupted=len(self.plans) - 1 == self.interrupted_at)

    def _run(self, plan: LoadPlan, offered_per_s: float, *, takes_s: float) -> Run:
        facts = plan.facts()
        most_per_s = min(self.capacity_per_s, facts.connections / self.service_s)
        good_per_s = min(offered_per_s, most_per_s)
        is_over = offered_per_s > min(most_per_s, self.slow_above_per_s) and facts.rate_per_s is not None
        due, good = round(offered_per_s * facts.duration_s), round(good_per_s * facts.duration_s)
        summary = latency(2_000_000 if is_over else round(2e6 * takes_s), count=max(1, good))
        service = replace(summary, p50=round(1e6 * takes_s), mean=1e6 * takes_s)
        rows = [
            TimelineRow(at_s=float(second), sent=1, good=1, bad=0, failed=0, p50_us=1000, p99_us=1000)
            for second in range(1, int(facts.duration_s) + 1)
        ]
        result = replace(
            self.make.result, requests_due=due if facts.rate_per_s else good, requests_sent=good, responses_good=good,
            responses_total=good, unanswered_at_end=0, goodput_per_s=good_per_s, elapsed_s=facts.duration_s,
            latency_us=summary, service_time_us=service, timeline=rows,
        )  # fmt: skip
        doubts = self.doubts(facts.rate_per_s or 0.0)
        return Run(plan=facts, result=result, verdict=Verdict(trusted=not doubts, warnings=doubts))


class Silent:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begins(self, text: str, _order: object, connections: int) -> None:
        self.told.append(f"{text} on {connections}")

    def phase(self, text: str) -> None:
        self.told.append(text)

    def second(self, _row: TimelineRow) -> None:
        """Nothing."""

    def waits(self) -> None:
        """Nothing."""

    def ended(self, *_what: object) -> None:
        self.told.append("ended")
