"""Systems and documents for what is said of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rush_hour.core.figures import DurationSummary
from rush_hour.results.document import Document, MachineFacts, Status, System
from rush_hour.results.resources import ProcessUsage, Resources, Role, Usage
from rush_hour.results.run import Doubt, LoadResult, PlanFacts, Run, Verdict

LATE = Doubt(code="generator-late", message="sent late by 4.0 ms.", hint="Leave it a core.")


def latency(p99_9_us: int, count: int = 10_000) -> DurationSummary:
    """A distribution whose percentiles are told apart."""
    return DurationSummary(
        mean=1.0, stdev=0.0, p50=p99_9_us // 8, p75=p99_9_us // 6, p90=p99_9_us // 4, p95=p99_9_us // 3,
        p99=p99_9_us // 2, p99_9=p99_9_us, p99_99=p99_9_us * 2, max=p99_9_us * 3, count=count,
    )  # fmt: skip


class Maker:
    """Makes runs and systems that differ from a run that holds."""

    def __init__(self, plan: PlanFacts, result: LoadResult) -> None:
        self.plan = plan
        self.result = result

    def run(
        self, *doubts: Doubt, trusted: bool = True, interrupted: bool = False, plan: PlanFacts | None = None,
        resources: Resources | None = None, **changes: Any,
    ) -> Run:  # fmt: skip
        """A run; good answers and goodput follow each other."""
        if "goodput_per_s" in changes:
            good = round(changes["goodput_per_s"] * self.result.elapsed_s)
            due = self.result.requests_due
            changes = {"responses_good": good, "responses_total": good, "unanswered_at_end": due - good} | changes
        return Run(
            plan=plan or self.plan,
            result=replace(self.result, **changes),
            verdict=Verdict(trusted=trusted, warnings=list(doubts)),
            is_interrupted=interrupted,
            resources=resources,
        )

    def holding(self, name: str, p99_9_us: int = 9_701) -> System:
        """A system that holds."""
        return system(name, self.run(latency_us=latency(p99_9_us)))

    def stopping(self, name: str, goodput_per_s: float, resources: Resources | None = None) -> System:
        """A system that does less than it was asked for."""
        return system(name, self.run(goodput_per_s=goodput_per_s, resources=resources))


def system(name: str, *runs: Run, status: Status = "ok", title: str | None = None, reason: str | None = None) -> System:
    """A system with runs."""
    long_title = "Something whose title is too long for a sentence"
    return System(name=name, title=title or long_title, status=status, reason=reason, runs=list(runs))


def bench(*systems: System, cores: int = 2, label: str | None = None, commit: str | None = None) -> Document:
    """A bench of systems."""
    machine = MachineFacts(cpu="Fast", cores=cores, memory_bytes=1, kernel="6", system="Linux", limits={})
    return Document(
        schema_version=2, kind="bench", machine=machine, systems=list(systems), label=label, commit=commit
    )  # fmt: skip


def load(*runs: Run, label: str | None = None) -> Document:
    """A load of one URL."""
    [url] = {run.plan.url for run in runs}
    return Document(schema_version=2, kind="load", systems=[system(url, *runs, title=url)], label=label)


def used(process_s: Sequence[float] = (), **cpu_s: float) -> Resources:
    """What the roles used in 10 s; the processes are those of the server."""
    usages: dict[Role, Usage] = {
        role: Usage(cpu_s=cpu_s[role], max_rss_bytes=1) for role in ("server", "proxy", "database") if role in cpu_s
    }
    processes = [ProcessUsage(pid=pid, name="x", cpu_s=one, max_rss_bytes=1) for pid, one in enumerate(process_s)]
    return Resources(
        server=replace(usages.get("server", Usage(cpu_s=0.0, max_rss_bytes=1)), processes=processes),
        proxy=usages.get("proxy"),
        database=usages.get("database"),
        generator=Usage(cpu_s=cpu_s.get("generator", 0.0), max_rss_bytes=1),
    )
