"""Every report can be made of any run: none says that something is missing by an exception."""

from dataclasses import replace
from typing import Any

from any_runs import DATABASES, MEASURED, RESOURCES, phase_figures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from profiles import ANY_PROFILE
from rich.console import Console
from sample_documents import FAILED, bench

from rush_hour.core.profile.profile import LoadProfile
from rush_hour.report.figures_csv import figures_csv
from rush_hour.report.markdown import markdown
from rush_hour.report.page.page import render_page
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import System
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    measured=MEASURED,
    elapsed_s=st.floats(0.001, 1e6),
    counts=st.fixed_dictionaries(
        {name: st.integers(0, 10**6) for name in ("requests_due", "responses_total", "responses_good")}
    ),
    rate_per_s=st.none() | st.floats(0.1, 1e6),
    seen=st.fixed_dictionaries({"resources": st.none() | RESOURCES, "database": st.none() | DATABASES}),
    profile=st.none() | ANY_PROFILE,
    begun=st.integers(0, 5),
    trusted=st.booleans(),
    machine=st.booleans(),
)
def test_every_report_can_be_made_of_any_run(
    plan: PlanFacts, result: LoadResult, *, measured: dict[str, Any], elapsed_s: float, counts: dict[str, int],
    seen: dict[str, Any], rate_per_s: float | None, trusted: bool, machine: bool, profile: LoadProfile | None,
    begun: int,
) -> None:  # fmt: skip
    phases = [] if profile is None else [phase_figures(phase.name) for phase in profile.phases[:begun]]
    changed = replace(result, **measured | counts | {"elapsed_s": elapsed_s, "phases": phases})
    rate_per_s = rate_per_s if profile is None else profile.mean_per_s
    run = Run(
        plan=replace(plan, rate_per_s=rate_per_s, profile=profile),
        result=changed,
        verdict=Verdict(trusted=trusted),
        **seen,
    )
    system = System(name="one", title="One", status="ok", runs=[run])
    document = bench(system, FAILED, **({} if machine else {"machine": None, "suite": None}))
    console = Console(width=80, record=True, file=None)

    with console.capture() as captured:
        console.print(documents_report([document]))

    assert "one" in captured.get()
    assert "One" in render_page([document])
    assert "one" in markdown([document])
    assert figures_csv([document]).count("\n") >= 2
