"""Recovery after a fall of the rate, on timelines made by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from made_systems import Maker
from profiles import made_of, profile_of

from rush_hour.core.figures import TimelineRow
from rush_hour.core.profile.profile import LoadProfile
from rush_hour.judge.recovery import Recovery, recoveries_of
from rush_hour.results.run import Run

MS = 1000


def run_of(make: Maker, profile: LoadProfile, p99s_ms: Sequence[float | None], *, faulty: Sequence[int] = ()) -> Run:
    """A run whose seconds have these p99; in those of `faulty` a tenth of the answers is bad."""
    rows = [
        TimelineRow(
            at_s=float(second), sent=100, good=0 if p99_ms is None else 100, bad=11 if second in faulty else 0,
            failed=0,
            p50_us=None if p99_ms is None else round(p99_ms * MS / 2),
            p99_us=None if p99_ms is None else round(p99_ms * MS),
        )
        for second, p99_ms in enumerate(p99s_ms, start=1)
    ]  # fmt: skip
    plan = replace(make.plan, profile=profile, rate_per_s=profile.mean_per_s, duration_s=profile.duration_s)
    return make.run(plan=plan, timeline=rows, elapsed_s=min(profile.duration_s, float(len(rows))))


SPIKE = profile_of("spike:100..1000/2s/12s")  # base until 4, peak until 6, base until 12


def test_latencies_that_come_back_have_recovered_within_so_many_seconds(make: Maker) -> None:
    run = run_of(make, SPIKE, [5, 4, 5, 6, 500, 900, 700, 400, 100, 5, 5, 5])

    [recovery] = recoveries_of(run)

    assert recovery == Recovery(
        phase="peak", at_s=6.0, outcome="recovered", took_s=3, watched_s=6.0, usual_us=5 * MS, worst_us=900 * MS
    )
    assert recovery.sentence == (
        "after the phase 'peak', which ended at 6 s, latencies were back within 3 s (seconds are told apart): "
        "p99 of a second was 5.00 ms before it, and up to 900 ms since."
    )


def test_latencies_that_are_back_with_the_rate_have_recovered_within_the_first_second(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 5, 5, 5, 5, 5, 5]))

    assert (recovery.outcome, recovery.took_s) == ("recovered", 1)


def test_latencies_that_do_not_come_back_have_not_recovered(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 900, 900, 800, 700, 600, 500]))

    assert (recovery.outcome, recovery.took_s) == ("not-recovered", None)
    assert recovery.sentence == (
        "after the phase 'peak', which ended at 6 s, latencies were not back in the 6 s that were left: "
        "p99 of a second was 5.00 ms before it, and up to 900 ms since."
    )


def test_one_second_that_is_back_by_chance_is_no_recovery(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 700, 5, 500, 400, 5, 5]))

    assert (recovery.outcome, recovery.took_s) == ("recovered", 4)


def test_a_slow_second_long_after_is_not_of_the_peak(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 700, 5, 5, 5, 400, 5]))

    assert (recovery.outcome, recovery.took_s) == ("recovered", 1)


def test_a_server_that_never_suffered_says_so(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 15, 24, 9, 5, 5, 5, 5, 5]))

    assert (recovery.outcome, recovery.took_s) == ("unaffected", None)
    assert recovery.sentence == (
        "after the phase 'peak', which ended at 6 s, latencies were what they had been: "
        "no second of it was slow either, with a p99 of 5.00 ms before it."
    )


def test_fast_answers_that_are_bad_are_no_recovery(make: Maker) -> None:
    steady = [5.0] * 12

    [recovery] = recoveries_of(run_of(make, SPIKE, steady, faulty=[5, 6, 7, 8]))
    assert (recovery.outcome, recovery.took_s) == ("recovered", 2)
    [recovery] = recoveries_of(run_of(make, SPIKE, steady, faulty=range(1, 13)))
    assert recovery.outcome == "unaffected"


def test_seconds_without_a_good_answer_are_not_back(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, None, None, None, None, 5, 5, 5, 5]))
    assert (recovery.outcome, recovery.took_s) == ("recovered", 2)

    [recovery] = recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, *[None] * 8]))
    assert recovery.outcome == "not-recovered"
    assert recovery.worst_us is None
    assert recovery.sentence.endswith("p99 of a second was 5.00 ms before it, and up to more than can be told since.")


def test_where_the_rate_was_never_as_low_before_nothing_is_claimed(make: Maker) -> None:
    [recovery] = recoveries_of(run_of(make, profile_of("steps:1000,100/3s"), [50, 50, 50, 5, 5, 5]))

    assert (recovery.outcome, recovery.took_s, recovery.usual_us) == ("unknown", None, None)
    assert recovery.sentence == (
        "after the phase 'step 1', which ended at 3 s, latencies have nothing to be compared with: "
        "no second before had so low a rate, and no peak behind it."
    )


def test_each_fall_is_looked_at_by_itself_and_compared_with_what_was_before_the_last_rise(make: Maker) -> None:
    profile = profile_of("steps:100,1000,100,1000,100/3s")
    run = run_of(make, profile, [5, 5, 5, 90, 90, 90, 50, 5, 5, 90, 90, 90, 70, 60, 50])

    assert [(one.phase, one.outcome, one.took_s, one.usual_us) for one in recoveries_of(run)] == [
        ("step 2", "recovered", 1, 5 * MS),
        ("step 4", "not-recovered", None, 5 * MS),
    ]


def test_seconds_before_the_first_peak_count_where_latencies_never_came_back_from_it(make: Maker) -> None:
    profile = profile_of("steps:100,1000,200,1000,150/3s")
    run = run_of(make, profile, [5, 5, 5, 90, 90, 90, 80, 80, 80, 90, 90, 90, 80, 80, 80])

    assert [(one.phase, one.outcome, one.usual_us) for one in recoveries_of(run)] == [
        ("step 2", "not-recovered", 5 * MS),
        ("step 4", "not-recovered", 5 * MS),
    ]


def test_seconds_that_may_not_have_recovered_are_nothing_to_compare_with(make: Maker) -> None:
    profile = profile_of("steps:200,1000,100,1000,100/3s")
    run = run_of(make, profile, [*[5.0] * 3, *[15.0] * 3, *[5.0] * 3, *[90.0] * 3, *[5.0] * 3])

    assert [(one.outcome, one.usual_us) for one in recoveries_of(run)] == [("unknown", None)] * 2


def test_seconds_after_a_peak_that_disturbed_nothing_count(make: Maker) -> None:
    profile = profile_of("steps:100,1000,100,1000,100/3s")
    run = run_of(make, profile, [*[5.0] * 3, *[15.0] * 3, *[7.0] * 3, *[90.0] * 3, *[5.0] * 3])

    assert [(one.outcome, one.usual_us) for one in recoveries_of(run)] == [
        ("unaffected", 5 * MS),
        ("recovered", 6 * MS),
    ]


def test_a_server_that_says_nothing_to_the_end_is_not_back(make: Maker) -> None:
    run = run_of(make, SPIKE, [5, 5, 5, 5, 15, 15])
    longer = replace(run, result=replace(run.result, elapsed_s=12.0))

    [recovery] = recoveries_of(longer)

    assert (recovery.outcome, recovery.watched_s) == ("not-recovered", 6.0)


def test_a_rate_that_falls_evenly_is_looked_at_when_it_has_fallen(make: Maker) -> None:
    profile = made_of((100, 100, 3), (100, 1000, 2), (1000, 500, 1), (500, 100, 1), (100, 100, 5))
    run = run_of(make, profile, [5, 5, 5, 50, 200, 200, 200, 100, 50, 5, 5, 5])

    assert [(one.phase, one.at_s, one.outcome, one.took_s) for one in recoveries_of(run)] == [
        ("phase 4", 7.0, "recovered", 2)
    ]


def test_a_run_that_ended_before_the_rate_fell_has_nothing_to_say(make: Maker) -> None:
    assert recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500])) == []
    assert recoveries_of(run_of(make, SPIKE, [5, 5, 5, 5, 500, 500, 500]))[0].outcome == "not-recovered"


@pytest.mark.parametrize("text", ["ramp:100..1000/10s", "ramp:1000..100/10s", "soak:100/10s", "steps:100,500/5s"])
def test_a_rate_that_does_not_fall_and_stay_leaves_nothing_to_say(make: Maker, text: str) -> None:
    assert recoveries_of(run_of(make, profile_of(text), [5.0] * 10)) == []


def test_a_pause_is_nothing_to_recover_in(make: Maker) -> None:
    run = run_of(make, made_of((100, 100, 4), (0, 0, 4)), [5, 5, 5, 5])

    assert recoveries_of(run) == []


def test_a_run_without_a_profile_has_nothing_to_recover_from(make: Maker) -> None:
    assert recoveries_of(make.run()) == []


def test_what_came_after_the_end_and_half_seconds_are_left_out(make: Maker) -> None:
    run = run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 700, 5, 5, 5, 5, 5])
    rest = replace(run.result.timeline[0], at_s=12.3, p99_us=900 * MS)
    late = replace(run.result.timeline[0], at_s=13.3, p99_us=900 * MS)
    changed = replace(run, result=replace(run.result, timeline=[*run.result.timeline, rest, late]))

    assert recoveries_of(changed) == recoveries_of(run)


def test_a_second_through_which_the_generator_stood_still_is_a_part_of_the_next(make: Maker) -> None:
    run = run_of(make, SPIKE, [5, 5, 5, 5, 500, 900, 700, 5, 5, 5, 5, 5])
    rows = [row for row in run.result.timeline if row.at_s != 5.0]

    [recovery] = recoveries_of(replace(run, result=replace(run.result, timeline=rows)))
    assert (recovery.outcome, recovery.took_s) == ("recovered", 1)
