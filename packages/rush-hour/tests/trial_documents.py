"""A trial as a document, for the tests of what is shown of it."""

from rush_hour.results.document import Document, MachineFacts, System
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.results.trial import Contender, Estimate, MissingServer, Place, ReloadFacts, Round, Trial

MACHINE = MachineFacts(cpu="x", cores=2, memory_bytes=2**30, kernel="6", system="L", limits={"cpu_quota_cores": "1.5"})


def contender(name: str, title: str, rate_per_s: float | None, place: Place | None, **more: object) -> Contender:
    """A contender that was in one round."""
    estimate = Estimate(round=1, rate_per_s=rate_per_s, low_per_s=rate_per_s, high_per_s=rate_per_s, measured_s=10.0)
    return Contender(
        name=name,
        server=name,
        title=title,
        workers=2,
        threads=None,
        loop=None,
        estimates=[estimate],
        low_per_s=None if rate_per_s is None else 0.9 * rate_per_s,
        high_per_s=None if rate_per_s is None else 1.1 * rate_per_s,
        place=place,
        **more,  # type: ignore[arg-type]
    )


def trial_document(plan: PlanFacts, result: LoadResult) -> Document:
    """A trial of four contenders: two that are a tie, one that meets nothing, one that did not start."""
    run = Run(plan=plan, result=result, verdict=Verdict(trusted=True))
    best = contender(
        "granian", "Granian", 2000.0, Place(first=1, last=2), start_s=0.5, busiest_ratio=0.6,
        gave_first="the server's CPU is full",
        reload=ReloadFacts(signal="SIGHUP", rate_per_s=1000.0, due=6000, lost=12, survived=True),
    )  # fmt: skip
    tie = contender("uvicorn", "uvicorn", 1900.0, Place(first=1, last=2), remarks=["took 12 s to start."])
    bad = contender("hypercorn", "Hypercorn", None, None, saturation_per_s=80.0)
    out = Contender(name="daphne", server="daphne", title="Daphne", workers=None, threads=None, loop=None)
    return Document(
        schema_version=2,
        kind="try",
        machine=MACHINE,
        systems=[
            System(name="granian", title="Granian", status="ok", command_line="granian app:app", runs=[run]),
            System(name="uvicorn", title="uvicorn", status="ok", runs=[run]),
            System(name="hypercorn", title="Hypercorn", status="ok"),
            System(name="daphne", title="Daphne", status="failed", reason="daphne ended.\nlast line"),
        ],
        trial=Trial(
            target="app:app",
            interface="asgi",
            framework="fastapi",
            objective="p99 < 250ms",
            rounds=[Round(contenders=5, slot_s=25.0, is_final=True)],
            budget_s=600.0,
            took_s=90.0,
            repeats=1,
            connections=10,
            most_connections=1000,
            processes=1,
            timeout_s=2.0,
            cpus=None,
            load_cpus=None,
            seed=1,
            restart_spread=0.03,
            contenders=[best, tie, bad, out],
            missing=[MissingServer(name="x", title="Gunicorn", command="pip install gunicorn")],
        ),
    )
