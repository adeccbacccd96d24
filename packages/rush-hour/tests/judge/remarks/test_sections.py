from dataclasses import replace

from made_systems import LATE, Maker, bench, system
from profiled_runs import profiled_run

from rush_hour.judge.remarks.sections import sections
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.run import Doubt

MISSED = Doubt(code="rate-missed", message="9 of 10 were sent.", hint="")
SHARED = Doubt(code="shared-cores", message="the cores were shared.", hint="")


def test_why_figures_cannot_be_trusted_comes_first_and_then_findings(make: Maker) -> None:
    error = ExplainedError(role="proxy", program="nginx", count=1, what="it was reset", sign="")
    run = replace(make.run(SHARED, MISSED, LATE, trusted=False), explained_errors=[error])
    document = bench(system("a", run), system("b", status="failed", reason="it ended."))

    assert [(section.kind, remark.message) for section in sections(document) for remark in section.remarks] == [
        ("distrust", LATE.message),
        ("finding", MISSED.message),
        ("finding", "nginx, 1 time: it was reset."),
        ("note", "it ended."),
        ("note", SHARED.message),
    ]


def test_what_became_of_latencies_after_the_rate_fell_is_a_finding_only_where_they_are_not_back(make: Maker) -> None:
    calm = profiled_run(make, "spike:100..1000/2s/12s")
    rows = [replace(row, p99_us=900_000) if row.at_s > 4 else row for row in calm.result.timeline]
    worn = replace(calm, result=replace(calm.result, timeline=rows))

    for run, kind, code in ((calm, "note", "unaffected"), (worn, "finding", "not-recovered")):
        found = [(section.kind, one.code) for section in sections(bench(system("a", run))) for one in section.remarks]
        assert (kind, code) in found


def test_recoveries_of_several_systems_are_one_remark(make: Maker) -> None:
    calm = profiled_run(make, "spike:100..1000/2s/12s")
    runs = []
    for last in (8, 9):
        rows = [replace(row, p99_us=900_000) if 4 < row.at_s <= last else row for row in calm.result.timeline]
        runs.append(replace(calm, result=replace(calm.result, timeline=rows)))

    remarks = [
        one for section in sections(bench(system("a", runs[0]), system("b", runs[1]))) for one in section.remarks
    ]
    [recovered] = [one for one in remarks if one.code == "recovered"]
    assert recovered.message == (
        "after the phase 'peak', which ended at 6 s, latencies were back within 2-3 s (seconds are told apart): "
        "p99 of a second was 2.00 ms before it, and up to 900 ms since."
    )
