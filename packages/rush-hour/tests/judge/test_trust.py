from dataclasses import replace

import pytest
from profiles import profile_of

from rush_hour.core.expectation import BadAnswer
from rush_hour.core.figures import DurationSummary
from rush_hour.judge.trust import doubt_other_load, judge
from rush_hour.results.run import LoadResult, PhaseFigures, PlanFacts


def codes(plan: PlanFacts, result: LoadResult, *, shares_cores: bool = False) -> list[str]:
    return [doubt.code for doubt in judge(plan, result, shares_cores=shares_cores).warnings]


def with_p(summary: DurationSummary | None, **values: int) -> DurationSummary:
    assert summary is not None
    return replace(summary, **values)


def test_a_clean_run_is_trusted_without_a_word(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, result, shares_cores=False)

    assert verdict.trusted
    assert verdict.warnings == []


def test_a_run_that_was_cut_short_says_so_and_is_trusted_for_what_it_is(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, replace(result, elapsed_s=3.04), shares_cores=False, is_interrupted=True)

    assert verdict.trusted
    assert verdict.message_of("interrupted") == "interrupted after 3.0 of 10 s: the rest was not measured."
    assert verdict.message_of("generator-late") is None


def test_a_saturated_generator_is_not_trusted_and_says_so_first(plan: PlanFacts, result: LoadResult) -> None:
    generator = replace(result.generator, busiest_process_cpu_ratio=0.97)

    verdict = judge(plan, replace(result, generator=generator, requests_sent=9_000), shares_cores=True)

    assert not verdict.trusted
    assert verdict.warnings[0].code == "generator-saturated"
    assert (
        verdict.warnings[0].message
        == "a process of the load generator used 97% of a core: the generator was the bottleneck."
    )
    assert verdict.warnings[0].hint == "Use more processes than 2 (-t), a lower rate, or another machine for the load."


def test_a_generator_that_waits_for_a_core_and_is_never_idle_is_saturated_too(
    plan: PlanFacts, result: LoadResult
) -> None:
    for busy_ratio, is_saturated in ((0.85, False), (0.96, True)):
        generator = replace(result.generator, busiest_process_cpu_ratio=0.6, busiest_process_busy_ratio=busy_ratio)
        verdict = judge(plan, replace(result, generator=generator), shares_cores=True)
        assert (verdict.message_of("generator-saturated") is not None) is is_saturated

    assert verdict.message_of("generator-saturated") == (
        "a process of the load generator had something to do for 96% of the run, and no core for a part of it: "
        "the generator was the bottleneck."
    )


@pytest.mark.parametrize(
    ("lag_us", "latency_us", "is_late"),
    [(900, 1_000, False), (1_100, 5_000, True), (1_100, 50_000, False)],
    ids=["below a millisecond", "a fifth of the latency", "a fiftieth of the latency"],
)
def test_send_lag_matters_where_it_is_much_of_the_latency(
    plan: PlanFacts, result: LoadResult, lag_us: int, latency_us: int, *, is_late: bool
) -> None:
    lag = with_p(result.send_lag_us, p99=lag_us)
    latency = with_p(result.latency_us, p50=latency_us, p99=latency_us)

    verdict = judge(plan, replace(result, send_lag_us=lag, latency_us=latency), shares_cores=False)

    assert (["generator-late"] if is_late else []) == [doubt.code for doubt in verdict.warnings]
    assert verdict.trusted is not is_late


def test_a_server_that_does_not_hold_the_rate_is_a_finding_and_the_figures_are_trusted(
    plan: PlanFacts, result: LoadResult
) -> None:
    late = replace(result, requests_sent=6_000, responses_total=6_000, responses_good=6_000, unanswered_at_end=4_000)

    verdict = judge(plan, late, shares_cores=False)

    assert verdict.trusted
    assert [doubt.code for doubt in verdict.warnings] == ["rate-missed", "errors-above-limit"]
    assert verdict.warnings[0].message == "6,000 of 10,000 requests due were sent: the connections were still busy."
    assert verdict.warnings[1].message == (
        "40.0% of the requests due were not answered well: 4,000 unanswered at the end."
    )


def test_bad_answers_and_errors_are_counted_together(plan: PlanFacts, result: LoadResult) -> None:
    faulty = replace(result, responses_total=9_990, responses_good=9_900, errors={"timeout": 10})

    verdict = judge(plan, faulty, shares_cores=False)

    assert [doubt.message for doubt in verdict.warnings] == [
        "1.0% of the requests due were not answered well: 90 answered badly, 10 failed."
    ]


def test_a_percentile_needs_samples_beyond_it(plan: PlanFacts, result: LoadResult) -> None:
    few = replace(result, latency_us=with_p(result.latency_us, count=999))
    none = replace(result, latency_us=None, latency_bad_us=result.latency_us)

    assert codes(plan, few) == ["too-few-samples"]
    assert "too-few-samples" in codes(plan, none)
    assert codes(plan, replace(result, latency_us=with_p(result.latency_us, count=1000))) == []


def test_a_latency_that_grew_while_the_generator_stood_still_says_nothing_of_the_server(
    plan: PlanFacts, result: LoadResult
) -> None:
    rows = [replace(row, p50_us=1000 * number) for number, row in enumerate(result.timeline, start=1)]
    generator = replace(result.generator, stalled_s=3.0)

    verdict = judge(plan, replace(result, timeline=rows, generator=generator), shares_cores=False)

    [steady] = [doubt for doubt in verdict.warnings if doubt.code == "not-steady"]
    assert steady.hint == "That may be the load generator's own doing: see above."


def test_a_latency_that_grows_over_the_run_is_not_steady(plan: PlanFacts, result: LoadResult) -> None:
    rows = [replace(row, p50_us=1000 * number) for number, row in enumerate(result.timeline, start=1)]

    verdict = judge(plan, replace(result, timeline=rows), shares_cores=False)

    assert [doubt.message for doubt in verdict.warnings] == [
        (
            "the median latency went from 3.0 ms in the first half to 8.0 ms in the second: "
            "the figures depend on how long the run was."
        )
    ]
    assert codes(plan, replace(result, timeline=rows[:4])) == []


def test_sharing_cores_is_said_and_does_not_end_trust(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, result, shares_cores=True)

    assert verdict.trusted
    assert [doubt.code for doubt in verdict.warnings] == ["shared-cores"]


def test_a_rate_missed_for_want_of_connections_says_so(plan: PlanFacts, result: LoadResult) -> None:
    gone = replace(
        result, requests_sent=6_000, responses_total=6_000, responses_good=6_000,
        errors={"connect:ECONNREFUSED": 4_000},
        connections=replace(result.connections, open_at_end=0, connect_failures={"ECONNREFUSED": 4_100}),
    )  # fmt: skip

    verdict = judge(plan, gone, shares_cores=False)

    assert [doubt.code for doubt in verdict.warnings] == ["rate-missed", "connections-lost", "errors-above-limit"]
    assert verdict.warnings[0].message == (
        "6,000 of 10,000 requests due were sent: connections were missing, and 4,000 times refused."
    )
    assert verdict.warnings[1].message == (
        "100 of 100 connections were not open at the start or at the end: ECONNREFUSED 4,100 times."
    )


def test_connections_that_were_never_opened_are_missed(plan: PlanFacts, result: LoadResult) -> None:
    fewer = replace(result, connections=replace(result.connections, open_at_start=90, open_at_end=90))

    [doubt] = judge(plan, fewer, shares_cores=False).warnings

    assert doubt.message == "10 of 100 connections were not open at the start or at the end."
    assert codes(replace(plan, connection_per_request=True), fewer) == []


def test_what_other_programs_took_ends_trust_beyond_a_fifth_of_the_machine(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, result, shares_cores=False)

    assert doubt_other_load(verdict, 0.2) is verdict
    doubted = doubt_other_load(verdict, 0.3)
    assert not doubted.trusted
    assert [doubt.code for doubt in doubted.warnings] == ["other-load"]
    assert doubted.warnings[0].message == (
        "other programs took 30% of the machine's CPU: the figures are lower than without them."
    )


def test_a_generator_that_stood_still_is_not_trusted_and_the_server_not_blamed(
    plan: PlanFacts, result: LoadResult
) -> None:
    generator = replace(result.generator, stalled_s=3.04, unjudged=1_200)
    late = replace(result, generator=generator, requests_sent=9_000, unanswered_at_end=1_000, responses_total=9_000)

    verdict = judge(plan, late, shares_cores=False)

    assert not verdict.trusted
    assert [doubt.code for doubt in verdict.warnings][:2] == ["generator-stalled", "rate-missed"]
    assert verdict.warnings[0].message == (
        "the load generator itself stood still for 3.0 s, and 1,200 requests were in flight then: "
        "what came of them, and latencies of that time, may be its own doing."
    )
    assert verdict.warnings[1].message == (
        "9,000 of 10,000 requests due were sent: the load generator itself kept the others from it."
    )


@pytest.mark.parametrize(
    ("stalled_s", "lag_max_us", "sent", "is_own"),
    [(0.3, 20, 9_700, True), (0.3, 20, 9_000, False), (0.0, 50_000, 9_950, True), (0.0, 50_000, 9_900, False)],
    ids=["as long as it stood still", "longer than it stood still", "as late as it was", "later than it was"],
)
def test_the_generator_is_blamed_for_as_many_requests_as_came_due_in_its_own_time(
    plan: PlanFacts, result: LoadResult, stalled_s: float, lag_max_us: int, sent: int, *, is_own: bool
) -> None:
    lag = with_p(result.send_lag_us, p99=min(lag_max_us, 40_000), max=lag_max_us)
    generator = replace(result.generator, stalled_s=stalled_s)

    verdict = judge(plan, replace(result, generator=generator, send_lag_us=lag, requests_sent=sent), shares_cores=False)

    assert not verdict.trusted
    message = verdict.message_of("rate-missed")
    assert message is not None
    assert ("the load generator itself kept the others" in message) is is_own
    assert ("the connections were still busy" in message) is not is_own


def test_what_this_machine_had_not_enough_of_is_the_generators_fault(plan: PlanFacts, result: LoadResult) -> None:
    faulty = replace(
        result, requests_sent=6_000, responses_total=6_000, responses_good=6_000,
        errors={"generator:EADDRNOTAVAIL": 4_000},
        connections=replace(result.connections, open_at_end=60, connect_failures={"EADDRNOTAVAIL": 4_100}),
    )  # fmt: skip

    verdict = judge(plan, faulty, shares_cores=False)

    assert not verdict.trusted
    assert [(doubt.code, doubt.message, doubt.hint) for doubt in verdict.warnings] == [
        (
            "generator-faults",
            (
                "this machine had no free local port for another connection (EADDRNOTAVAIL, 4,100 times): "
                "that says nothing of the server."
            ),
            "Open fewer new connections, widen net.ipv4.ip_local_port_range, or send from more addresses (--source).",
        ),
        (
            "rate-missed",
            "6,000 of 10,000 requests due were sent: the load generator itself kept the others from it.",
            "What is said of it above comes first; nothing follows for the server.",
        ),
        (
            "connections-lost",
            "40 of 100 connections were not open at the start or at the end: EADDRNOTAVAIL 4,100 times.",
            "Some could not be opened by the load generator's own fault: see above.",
        ),
        (
            "errors-above-limit",
            "40.0% of the requests due were not answered well: 4,000 failed.",
            "That was the load generator's own fault: see above.",
        ),
    ]


def test_durations_that_nobody_counted_end_trust(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(
        plan, replace(result, generator=replace(result.generator, durations_lost=7_000)), shares_cores=False
    )

    assert not verdict.trusted
    assert [doubt.message for doubt in verdict.warnings] == [
        "the process that counts fell behind: 7,000 durations are in no distribution. The counts are complete."
    ]


def test_reading_late_is_the_generators_own_like_sending_late(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, replace(result, read_lag_us=with_p(result.send_lag_us, p99=2_000)), shares_cores=False)

    assert not verdict.trusted
    assert verdict.warnings[0].message == (
        "the load generator read late by 2.0 ms (99th percentile) of a latency of 1.0 ms: that part is its own."
    )


def test_a_body_that_was_only_guessed_and_is_another_ends_trust(plan: PlanFacts, result: LoadResult) -> None:
    bad = BadAnswer(status=200, differs="body", what="a body that differs", is_guess=True)
    changed = replace(result, responses_good=5_000, first_bad=bad)

    verdict = judge(plan, changed, shares_cores=False)

    assert not verdict.trusted
    assert [doubt.code for doubt in verdict.warnings] == ["body-changes", "errors-above-limit"]
    assert verdict.warnings[1].message == (
        "50.0% of the requests due were not answered well: 5,000 answered badly. "
        "The first bad answer had a body that differs."
    )
    said = replace(changed, first_bad=replace(bad, is_guess=False))
    assert codes(plan, said) == ["errors-above-limit"]
    assert codes(plan, replace(changed, responses_good=9_995)) == []


def profiled(plan: PlanFacts, text: str) -> PlanFacts:
    profile = profile_of(text)
    return replace(plan, profile=profile, rate_per_s=profile.mean_per_s)


def in_two_halves(result: LoadResult) -> LoadResult:
    rows = [replace(row, p50_us=1000 if row.at_s <= 5 else 9000) for row in result.timeline]
    return replace(result, timeline=rows)


def test_latencies_that_follow_a_rate_that_changes_are_not_unsteady(plan: PlanFacts, result: LoadResult) -> None:
    halves = in_two_halves(result)

    assert codes(plan, halves) == codes(profiled(plan, "soak:1000/10s"), halves) == ["not-steady"]
    assert codes(profiled(plan, "ramp:500..1500/10s"), halves) == []


def test_too_few_samples_of_a_profile_are_told_with_its_option(plan: PlanFacts, result: LoadResult) -> None:
    few = replace(result, latency_us=with_p(result.latency_us, count=50))

    [doubt] = judge(profiled(plan, "ramp:500..1500/10s"), few, shares_cores=False).warnings
    assert doubt.hint == "Run longer, or at higher rates (--profile)."


def phase_of(result: LoadResult, lag_us: int, count: int) -> PhaseFigures:
    return PhaseFigures(
        name="peak", begins_at_s=4.0, duration_s=2.0, offered_per_s=1000.0, due=count, sent=count, good=count, bad=0,
        failed=0, latency_us=result.latency_us, histogram_us=None,
        send_lag_us=with_p(result.send_lag_us, p99=lag_us, count=count),
    )  # fmt: skip


def test_a_generator_that_was_late_in_one_phase_is_not_trusted(plan: PlanFacts, result: LoadResult) -> None:
    plan = profiled(plan, "spike:500..1000/2s/12s")
    late = replace(result, phases=[phase_of(result, 3_000, 2_000)])

    verdict = judge(plan, late, shares_cores=False)

    assert not verdict.trusted
    assert verdict.message_of("generator-late") == (
        "the load generator sent late by 3.0 ms (99th percentile) of a latency of 1.0 ms in the phase 'peak': "
        "that part is its own."
    )
    assert codes(plan, replace(result, phases=[phase_of(result, 900, 2_000)])) == []
    assert codes(plan, replace(result, phases=[phase_of(result, 3_000, 999)])) == []  # of so few p99 says nothing


def test_what_a_stalled_generator_did_not_send_may_have_been_due_at_the_peak(
    plan: PlanFacts, result: LoadResult
) -> None:
    generator = replace(result.generator, stalled_s=1.0, unjudged=1)
    missed = replace(result, generator=generator, requests_sent=8_500, unanswered_at_end=1_500)

    own, of_server = "the load generator itself kept", "the connections were still busy"
    assert of_server in (judge(plan, missed, shares_cores=False).message_of("rate-missed") or "")
    peaked = profiled(plan, "spike:800..2000/2s/12s")
    assert own in (judge(peaked, missed, shares_cores=False).message_of("rate-missed") or "")


def test_a_run_that_was_ended_early_can_be_trusted_and_is_said_to_be_one(plan: PlanFacts, result: LoadResult) -> None:
    verdict = judge(plan, replace(result, elapsed_s=2.54), shares_cores=False, is_ended_early=True)

    assert verdict.trusted
    assert verdict.message_of("ended-early") == ("ended after 2.5 of 10 s: its objective could not be met any more.")
