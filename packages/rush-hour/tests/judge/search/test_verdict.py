"""The verdict on a step, and what the load generator's own trouble makes of it."""

from dataclasses import replace

import pytest
from made_systems import Maker, latency

from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.judge.search.verdict import StepJudgement, judge_step
from rush_hour.results.run import Doubt

OBJECTIVE = parse_objective("p99 < 250ms, good >= 99.9%", what="--slo")


def doubt(code: str) -> Doubt:
    return Doubt(code=code, message=f"there was {code}.", hint="")


def test_a_run_that_keeps_all_clauses_meets_the_objective(make: Maker) -> None:
    assert judge_step(OBJECTIVE, make.run()) == StepJudgement(is_met=True, why=[])


def test_a_run_that_does_not_is_told_why_by_each_clause(make: Maker) -> None:
    run = make.run(goodput_per_s=900.0, latency_us=latency(600_000))

    assert judge_step(OBJECTIVE, run) == StepJudgement(
        is_met=False, why=["p99 is 300 ms, not < 250 ms", "good is 90 %, not >= 99.9 %"]
    )


def test_a_run_whose_latency_rises_all_along_is_missed_before_it_is_too_high(make: Maker) -> None:
    rows = [replace(row, p50_us=8_000 * number) for number, row in enumerate(make.result.timeline, start=1)]

    assert judge_step(OBJECTIVE, make.run(timeline=rows)) == StepJudgement(
        is_met=False,
        why=["the queue grows: latency rises by 8.00 ms each second, and would pass 250 ms in 21 s"],
    )
    only_good = parse_objective("good >= 99.9%", what="--slo")
    assert judge_step(only_good, make.run(timeline=rows)).is_met


def test_a_rise_that_takes_longer_than_anybody_waits_is_met(make: Maker) -> None:
    rows = [replace(row, p50_us=1_000 + 500 * number) for number, row in enumerate(make.result.timeline)]

    assert judge_step(OBJECTIVE, make.run(timeline=rows)).is_met


def test_the_rest_of_a_second_is_no_point_of_a_rise(make: Maker) -> None:
    rows = [replace(row, p50_us=8_000 * number) for number, row in enumerate(make.result.timeline[:5], start=1)]
    rows.append(replace(rows[-1], at_s=5.4, p50_us=99_000))

    assert judge_step(OBJECTIVE, make.run(timeline=rows)).is_met


@pytest.mark.parametrize(
    "code", ["generator-late", "generator-saturated", "generator-stalled", "generator-faults", "durations-lost"]
)
def test_a_miss_by_the_generators_own_fault_says_nothing(make: Maker, code: str) -> None:
    lag = replace(make.result.latency_us, p99=60_000)  # type: ignore[type-var]
    run = make.run(doubt(code), trusted=False, latency_us=latency(600_000), send_lag_us=lag)

    assert judge_step(OBJECTIVE, run) == StepJudgement(is_met=None, why=[f"there was {code}"])


def test_what_is_met_in_spite_of_it_is_met(make: Maker) -> None:
    assert judge_step(OBJECTIVE, make.run(doubt("generator-saturated"), trusted=False)).is_met


def test_a_latency_that_is_too_high_without_the_generators_lateness_too_is_missed(make: Maker) -> None:
    lag = replace(make.result.latency_us, p99=20_000)  # type: ignore[type-var]
    run = make.run(doubt("generator-late"), trusted=False, latency_us=latency(600_000), send_lag_us=lag)

    assert judge_step(OBJECTIVE, run).is_met is False


def test_bad_answers_are_the_servers_whatever_the_generator_did(make: Maker) -> None:
    run = make.run(doubt("generator-saturated"), trusted=False, responses_good=9_000)

    assert judge_step(OBJECTIVE, run) == StepJudgement(is_met=False, why=["good is 90 %, not >= 99.9 %"])


def test_what_has_no_data_is_missed(make: Maker) -> None:
    objective = parse_objective("cpu < 1ms", what="--slo")

    assert judge_step(objective, make.run()).why == ["cpu: no data, which is not met (it was not measured)"]
    assert judge_step(objective, make.run(doubt("generator-late"), trusted=False)).is_met is None
