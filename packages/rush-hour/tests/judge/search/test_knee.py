from dataclasses import replace

from made_capacities import capacity, runs_of
from made_systems import LATE, Maker, bench

from rush_hour.judge.remarks.document_trust import trust
from rush_hour.judge.search.knee import answer_run, knee_rows, shown
from rush_hour.results.run import Doubt, Verdict

DRIFT = Doubt(code="drift", message="the capacity changed.", hint="Measure again.")


def test_the_knee_has_each_run_with_a_rate_the_lowest_first(make: Maker) -> None:
    rows = knee_rows(capacity(make))

    assert [(row.number, row.run.plan.rate_per_s, row.step.verdict) for row in rows] == [
        (3, 800.0, "met"), (5, 1000.0, "met"), (6, 1100.0, "not met"), (4, 1200.0, "not met"),
    ]  # fmt: skip
    assert (rows[0].p50_us, rows[0].p99_us, rows[0].measured_s) == (2_000.0, 8_000.0, 10.0)
    assert rows[0].cores == {"server": 1.5, "generator": 0.1}


def test_without_resources_the_generators_own_cpu_is_known(make: Maker) -> None:
    runs = [replace(run, resources=None, result=replace(run.result, latency_us=None)) for run in runs_of(make)]

    row = knee_rows(capacity(make, runs=runs))[0]
    assert row.cores == {"generator": 0.1}
    assert (row.p50_us, row.p99_us) == (None, None)


def test_other_documents_have_none_and_are_shown_as_they_are(make: Maker) -> None:
    document = bench(make.holding("a"))

    assert knee_rows(document) == []
    assert shown(document) is document


def test_a_capacity_is_shown_by_the_run_that_confirmed_it(make: Maker) -> None:
    one = shown(capacity(make, notes=["something to know."]))

    [system] = one.systems
    assert [run.plan.rate_per_s for run in system.runs] == [1000.0]
    assert system.notes == ["something to know."]
    assert trust(one).is_trusted


def test_without_a_confirmation_it_is_the_highest_rate_that_was_met(make: Maker) -> None:
    document = capacity(make, confirmed_per_s=None, high_per_s=900.0)
    assert document.capacity is not None
    steps = [replace(step, purpose="search") if step.run > 1 else step for step in document.capacity.steps]

    run = answer_run(replace(document.capacity, steps=steps), document.systems[0].runs)
    assert run is not None
    assert run.plan.rate_per_s == 800.0


def test_where_nothing_was_met_it_is_the_last_run_and_without_any_none(make: Maker) -> None:
    document = capacity(make)
    found = document.capacity
    assert found is not None
    missed = [replace(step, verdict="not met") for step in found.steps]

    last = answer_run(replace(found, confirmed_per_s=None, steps=missed), document.systems[0].runs)
    assert last is not None
    assert last.plan.rate_per_s == 1100.0
    assert answer_run(replace(found, steps=[]), []) is None
    assert shown(capacity(make, runs=[], steps=[])).systems[0].runs == []


def test_what_speaks_against_the_capacity_speaks_against_what_is_shown(make: Maker) -> None:
    judged = trust(shown(capacity(make, doubts=[DRIFT])))

    assert not judged.is_trusted
    assert judged.sentence == "Do not trust these figures: the capacity changed while it was searched for."


def test_a_late_generator_does_not_where_the_objective_was_met_all_the_same(make: Maker) -> None:
    runs = [replace(run, verdict=Verdict(trusted=False, warnings=[LATE])) for run in runs_of(make)]

    one = shown(capacity(make, runs=runs))
    assert trust(one).is_trusted
    assert one.systems[0].notes == ["at the answer, sent late by 4.0 ms. The objective was met all the same."]
