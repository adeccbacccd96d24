"""Documents of capacities, made by hand: a knee of five rates, of which 1,000/s is the last that is met."""

from dataclasses import replace
from typing import Any

from made_systems import Maker, latency, used

from rush_hour.results.capacity import Capacity, CapacityStep, GaveFirst, Purpose
from rush_hour.results.document import Document, MachineFacts, System
from rush_hour.results.run import Run

OBJECTIVE = "p99 < 250ms, good >= 99.9%"
MACHINE = MachineFacts(cpu="Fast", cores=2, memory_bytes=2**30, kernel="6", system="Linux", limits={})
RATES: tuple[tuple[float | None, Purpose, int], ...] = (
    (None, "alone", 8_000),
    (None, "burst", 80_000),
    (800.0, "search", 16_000),
    (1200.0, "search", 900_000),
    (1000.0, "confirm", 40_000),
    (1100.0, "confirm above", 700_000),
)


def runs_of(make: Maker) -> list[Run]:
    """The runs of a search; answers come as offered up to 1,000/s."""
    runs: list[Run] = []
    for rate_per_s, _, p99_9_us in RATES:
        plan = replace(make.plan, rate_per_s=rate_per_s, arrivals="closed-loop" if rate_per_s is None else "constant")
        offered = rate_per_s or 1000.0
        result = replace(
            make.result,
            requests_due=round(10 * offered),
            requests_sent=round(10 * offered),
            responses_good=round(10 * min(offered, 1000.0)),
            responses_total=round(10 * min(offered, 1000.0)),
            unanswered_at_end=round(10 * max(0.0, offered - 1000)),
            goodput_per_s=min(offered, 1000.0),
            latency_us=latency(p99_9_us),
        )
        runs.append(replace(make.run(), plan=plan, result=result, resources=used(server=15.0, generator=1.0)))
    return runs


def capacity(make: Maker, *, name: str = "one", runs: list[Run] | None = None, **changes: Any) -> Document:
    """A capacity of 1,000/s that was found and confirmed."""
    steps = [
        CapacityStep(
            run=number,
            purpose=purpose,
            verdict="no verdict" if purpose == "burst" else "met" if (rate_per_s or 0) <= 1000 else "not met",
            why=["p99 is 450 ms, not < 250 ms"] if (rate_per_s or 0) > 1000 else [],
            low_per_s=None if rate_per_s is None else 950.0,
            high_per_s=None if rate_per_s is None else 1060.0,
        )
        for number, (rate_per_s, purpose, _) in enumerate(RATES)
    ]
    found = Capacity(
        objective=OBJECTIVE, ending="found", rate_per_s=1000.0, low_per_s=950.0, high_per_s=1060.0, at_least=False,
        ceiling=None, confirmed_per_s=1000.0, lowest_per_s=800.0, saturation_per_s=1010.0,
        gave_first=GaveFirst(code="server-cpu", says="the server's CPU is full"), precision=0.05, step_s=10.0,
        confirm_s=30.0, budget_s=300.0, took_s=120.0, connections=20, steps=steps,
    )  # fmt: skip
    system = System(name=name, title=name.title(), status="ok", runs=runs_of(make) if runs is None else runs)
    return Document(
        schema_version=2, kind="capacity", machine=MACHINE, systems=[system], capacity=replace(found, **changes)
    )
