from dataclasses import replace
from typing import Any

import pytest
from made_systems import LATE, Maker, bench, latency, load, system, used
from profiled_runs import profiled_run

from rush_hour.judge.answer.answer import answer, answer_of
from rush_hour.results.document import Status

URL = "http://127.0.0.1:8008/agents"


def test_of_one_that_holds_and_one_that_does_not_the_answer_has_the_latency_and_what_was_full(make: Maker) -> None:
    slow = make.stopping("flask", 781.25, used(server=19.0))

    assert answer(bench(make.holding("api-hour"), slow)) == (
        "api-hour holds 1,000/s with 99.9 % within 9.71 ms; flask stops at 781/s: its CPU is full."
    )


def test_short_titles_that_are_told_apart_stand_in_the_place_of_names(make: Maker) -> None:
    fast, slow = make.holding("api-hour"), make.stopping("flask", 500.0)
    titled = [replace(fast, title="API-Hour"), replace(slow, title="Flask on uWSGI")]

    assert answer(bench(*titled)) == "API-Hour holds 1,000/s with 99.9 % within 9.71 ms; Flask on uWSGI stops at 500/s."
    assert "flask stops" in answer(bench(titled[0], replace(slow, title="API-Hour")))
    assert "flask stops" in answer(bench(titled[0], replace(slow, title="Flask, on uWSGI")))


def test_few_systems_are_named_each(make: Maker) -> None:
    fast = [make.holding("b", 139_000), make.holding("a")]
    slow = [make.stopping("c", 500.0, used(server=15.0, database=4.0)), make.stopping("d", 300.0, used(server=19.0))]

    assert answer(bench(*fast, *slow)) == (
        "a and b hold 1,000/s with 99.9 % within 9.71 ms and 139 ms; "
        "c stops at 500/s: the CPU is full; d stops at 300/s: its CPU is full."
    )


def test_rates_that_differ_are_told_with_each(make: Maker) -> None:
    higher = replace(make.plan, rate_per_s=2_000.0)
    runs = [make.run(), make.run(plan=higher), make.run(plan=higher, goodput_per_s=900.0)]

    documents = [load(run, label=label) for run, label in zip(runs, ("low", "high", "again"), strict=True)]

    assert answer_of(documents) == (
        f"{URL} (low) holds 1,000/s with 99.9 % within 1.00 ms; {URL} (high) holds 2,000/s with 99.9 % within 1.00 ms; "
        f"{URL} (again) stops at 900/s of 2,000/s offered."
    )
    many = [system(f"s{number}", run) for number, run in enumerate(runs[:2] * 2)]
    assert answer(bench(*many)).startswith("All 4 systems hold what was offered with 99.9 % within 1.00 ms (s0) to ")


def test_what_is_missed_by_little_is_a_share(make: Maker) -> None:
    nearly = make.stopping("b", 995.0)

    assert answer(bench(make.holding("a"), nearly)) == (
        "a holds 1,000/s with 99.9 % within 9.71 ms; b misses 0.5 % of it."
    )
    assert answer(bench(nearly, make.stopping("c", 500.0))) == (
        "b misses 0.5 % and c stops at 500/s of 1,000/s offered."
    )


def test_a_system_without_a_distribution_holds_too(make: Maker) -> None:
    assert answer(bench(make.holding("a"), system("b", make.run(latency_us=None)))) == "b and a hold 1,000/s."


def test_what_is_common_to_few_is_said_once(make: Maker) -> None:
    slow = [make.stopping("c", 300.0, used(server=19.0)), make.stopping("d", 500.0, used(server=19.5))]

    assert answer(bench(*slow)) == "d stops at 500/s and c stops at 300/s of 1,000/s offered: their CPU is full."


def test_many_systems_are_counted(make: Maker) -> None:
    full = used(server=15.0, generator=4.0)
    slow = [make.stopping(f"slow-{number}", 100.0 * number, full) for number in range(1, 5)]
    fast = [make.holding(f"fast-{number}", 1_000 * number) for number in range(1, 5)]

    assert answer(bench(*slow)) == (
        "None of 4 systems holds 1,000/s: they stop at 100/s (slow-1) to 400/s (slow-4); the CPU is full."
    )
    assert answer(bench(*fast)) == "All 4 systems hold 1,000/s with 99.9 % within 1.00 ms (fast-1) to 4.00 ms (fast-4)."
    assert answer(bench(*slow, *fast)) == (
        "4 of 8 systems hold 1,000/s with 99.9 % within 1.00 ms (fast-1) to 4.00 ms (fast-4); "
        "4 others stop at 100 to 400/s: the CPU is full."
    )


def test_many_that_answer_badly_are_not_said_to_stop(make: Maker) -> None:
    bad = [
        system(
            f"bad-{number}",
            make.run(
                responses_good=good, goodput_per_s=good / 10, responses_total=10_000, unanswered_at_end=0,
                responses_by_status={"200": good, "502": 10_000 - good},
            ),
        )
        for number, good in enumerate((1_400, 1_400, 2_000, 3_000))
    ]  # fmt: skip

    assert answer(bench(make.holding("a"), *bad)) == (
        "a holds 1,000/s with 99.9 % within 9.71 ms; "
        "4 others answer 140 to 300/s well: 70 to 86 % of the answers were bad."
    )
    assert answer(bench(*bad[:2])) == (
        "bad-0 answers 140/s well and bad-1 answers 140/s well of 1,000/s offered: "
        "86 % of the answers were bad (status 502)."
    )


def test_what_is_not_known_is_a_second_sentence(make: Maker) -> None:
    interrupted = system("i", make.run(interrupted=True), status="interrupted", reason="interrupted.")
    others = [
        system("f", status="failed", reason="it ended.\nits log"),
        system("u", status="unavailable", reason="no compiler."),
        system("d", make.run(LATE, trusted=False)),
        system("e", make.run(LATE, trusted=False)),
        system("n"),
        interrupted,
    ]

    assert answer(bench(make.holding("a"), *others)) == (
        "a holds 1,000/s with 99.9 % within 9.71 ms. The figures of d and e cannot be trusted; i was interrupted; "
        "n was not measured; f failed; u cannot run here."
    )
    assert answer(bench(*(system(str(n), status="failed") for n in range(4)))) == "4 systems failed."
    assert answer(bench()) == "Nothing was measured."


def test_a_bound_is_of_the_percentile_that_there_are_answers_for_in_each_run(make: Maker) -> None:
    few = system("few", make.run(latency_us=latency(8_000, count=1_000)))
    very_few = system("very-few", make.run(latency_us=latency(8_000, count=19)))

    assert answer(bench(few, make.holding("many"))) == (
        "few and many hold 1,000/s with 99 % within 4.00 ms and 4.85 ms."
    )
    hundred = system("hundred", make.run(latency_us=latency(8_000, count=99)))
    assert answer(bench(hundred)) == "hundred holds 1,000/s: 50 % of the answers within 1.00 ms of when they were due."
    assert answer(bench(very_few, few)) == "few and very-few hold 1,000/s with all answers within 24.0 ms and 24.0 ms."


def test_runs_of_one_system_are_told_by_their_median_and_range(make: Maker) -> None:
    runs = [make.run(goodput_per_s=per_s) for per_s in (700.0, 500.0, 600.0)]
    doubtful = make.run(LATE, trusted=False, goodput_per_s=1.0)

    assert answer(bench(system("a", *runs, doubtful))) == (
        "a stops at 600/s (500 to 700/s in 3 runs) of 1,000/s offered."
    )
    held = [make.run(latency_us=latency(p99_9_us)) for p99_9_us in (9_000, 12_000)]
    assert answer(load(*held)) == (
        f"{URL} holds 1,000/s in each of 2 runs: 99.9 % of the answers within 12.0 ms of when they were due."
    )
    assert answer(load(*held, runs[0])) == f"{URL} holds 1,000/s in 2 of 3 runs only."
    assert answer(bench(make.holding("b"), system("a", *held, runs[0]))) == (
        "b holds 1,000/s with 99.9 % within 9.71 ms; a holds 1,000/s in 2 of 3 runs only."
    )


def test_a_load_that_is_held_says_within_what_time(make: Maker) -> None:
    assert answer(load(make.run(latency_us=latency(12_300)))) == (
        f"{URL} holds 1,000/s: 99.9 % of the answers within 12.3 ms of when they were due."
    )
    nearly = make.run(latency_us=latency(12_301), responses_good=9_995, responses_by_status={"200": 9_995, "500": 5})
    assert answer(load(nearly)) == (
        f"{URL} holds 1,000/s: 99.9 % of the good answers within 12.4 ms of when they were due."
    )
    poisson = replace(make.plan, arrivals="poisson")
    assert answer(load(make.run(plan=poisson))).startswith(f"{URL} holds 1,000/s (Poisson arrivals): ")
    missed = make.run(plan=poisson, goodput_per_s=500.0)
    assert answer(load(missed)) == f"{URL} stops at 500/s of 1,000/s offered (Poisson arrivals)."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"goodput_per_s": 990.0}, "misses 1.0 % of 1,000/s."),
        (
            {"responses_good": 9_970, "responses_by_status": {"200": 9_970, "503": 30}},
            "misses 0.3 % of 1,000/s; 0.3 % of the answers were bad (status 503).",
        ),
        (
            {"responses_good": 1_395, "goodput_per_s": 139.5, "responses_total": 10_000, "unanswered_at_end": 0,
             "responses_by_status": {"200": 1_395, "503": 8_605}},
            "answers 140/s well of 1,000/s offered; 86 % of the answers were bad (status 503).",
        ),
        (
            {"responses_good": 0, "goodput_per_s": 0.0, "responses_total": 10_000, "unanswered_at_end": 0,
             "responses_by_status": {"200": 10_000}},
            "answers nothing well of 1,000/s offered; 100 % of the answers were bad.",
        ),
        (
            {"responses_good": 6_000, "goodput_per_s": 600.0, "responses_total": 6_000, "unanswered_at_end": 0,
             "errors": {"timeout": 2_500, "read:EOF": 1_000, "connect:ECONNREFUSED": 500}},
            "answers 600/s well of 1,000/s offered; 40 % of the requests failed (timeout and others).",
        ),
        ({"goodput_per_s": 600.0}, "stops at 600/s of 1,000/s offered."),
    ],
)  # fmt: skip
def test_a_load_that_is_not_held_says_what_came_instead(make: Maker, changes: dict[str, Any], said: str) -> None:
    assert answer(load(make.run(**changes))) == f"{URL} {said}"


def test_faults_that_differ_are_not_said_of_several(make: Maker) -> None:
    failing = make.run(
        responses_good=5_000, goodput_per_s=500.0, responses_total=5_000, unanswered_at_end=0,
        errors={"read:EOF": 5_000},
    )  # fmt: skip
    bad = make.run(
        responses_good=5_000, goodput_per_s=500.0, unanswered_at_end=0, responses_by_status={"200": 5_000, "500": 5_000}
    )
    names = iter("abcd")

    assert answer(bench(*(system(next(names), run) for run in (failing, failing, bad, bad)))) == (
        "None of 4 systems holds 1,000/s: they answer 500/s (d) to 500/s (a) well."
    )


def test_without_a_distribution_no_latency_is_claimed(make: Maker) -> None:
    assert answer(load(make.run(latency_us=None))) == f"{URL} holds 1,000/s."


def test_what_was_full_has_its_share_where_there_is_room_for_it(make: Maker) -> None:
    alone = make.stopping("a", 500.0, used(server=15.0, proxy=2.0, database=1.0, generator=2.0))

    assert answer(bench(alone)) == "a stops at 500/s of 1,000/s offered: the CPU is full, 75 % of it the server's."


def test_what_was_cut_short_is_told_with_how_much_of_it_there_is(make: Maker) -> None:
    held = make.run(interrupted=True, elapsed_s=3.2, latency_us=latency(2_000, count=1_000))
    missed = make.run(interrupted=True, goodput_per_s=400.0)

    assert answer(load(held)) == (
        f"{URL} held 1,000/s for 3.2 of 10 s, until it was interrupted: "
        "99 % of the answers within 1.00 ms of when they were due."
    )
    assert answer(load(missed)) == (
        f"{URL} answered 400/s well of 1,000/s offered in 10.0 of 10 s, until it was interrupted."
    )


def test_a_run_in_which_nothing_was_due_says_nothing(make: Maker) -> None:
    nothing = make.run(
        interrupted=True, requests_due=0, requests_sent=0, responses_total=0, responses_good=0, latency_us=None
    )

    assert answer(load(nothing)) == f"{URL} was not measured."
    assert answer(bench(system("a", nothing, status="interrupted"), make.holding("b"))) == (
        "b holds 1,000/s with 99.9 % within 9.71 ms. a was interrupted."
    )


def test_a_closed_loop_is_named_and_holds_nothing(make: Maker) -> None:
    plan = replace(make.plan, rate_per_s=None, arrivals="closed-loop")
    fast = make.run(plan=plan, goodput_per_s=12_340.0, requests_due=123_400, unanswered_at_end=0)
    slow = make.run(plan=plan, goodput_per_s=3_100.0, requests_due=31_000, unanswered_at_end=0)

    assert answer(load(fast)) == (
        f"{URL} answers 12,340/s on 100 connections in a closed loop; 99.9 % of the answers within 1.00 ms."
    )
    assert answer(bench(system("a", slow), system("b", fast))) == (
        "b answers 12,340/s and a answers 3,100/s on 100 connections in a closed loop."
    )
    assert answer(bench(*(system(name, slow) for name in "abcd"))) == (
        "4 systems answer 3,100/s (d) to 3,100/s (a) on 100 connections in a closed loop."
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("failed", "a failed: it ended."),
        ("unavailable", "a cannot run here: it ended."),
        ("ok", "a was not measured: it ended."),
    ],
)
def test_a_system_without_figures_has_its_reason(status: Status, said: str) -> None:
    assert answer(bench(system("a", status=status, reason="it ended.\nits log"))) == said


def test_of_figures_that_cannot_be_trusted_nothing_is_claimed(make: Maker) -> None:
    assert answer(load(make.run(LATE, trusted=False))) == (
        f"What {URL} holds is not known: its figures cannot be trusted."
    )


def test_systems_of_several_documents_are_told_apart_where_they_must_be(make: Maker) -> None:
    before, after = bench(make.holding("a"), label="before"), bench(make.stopping("a", 500.0), label="after")
    said = "a ({}) holds 1,000/s with 99.9 % within 9.71 ms; a ({}) stops at 500/s."

    assert answer_of([before, after]) == said.format("before", "after")
    assert answer_of([replace(before, label=None), after]) == said.format("1", "2")
    commits = [replace(before, label=None, commit="c" * 40), replace(after, label=None, commit="d" * 40 + "-dirty")]
    assert answer_of(commits) == said.format("c" * 8, "d" * 8)
    assert answer_of([before, bench(make.stopping("b", 500.0))]) == (
        "a holds 1,000/s with 99.9 % within 9.71 ms; b stops at 500/s."
    )


def test_of_a_profile_the_answer_has_its_rates(make: Maker) -> None:
    run = profiled_run(make, "ramp:100..2000/60s")

    assert answer(load(run)) == (
        f"{URL} holds 100/s to 2,000/s (ramp:100..2000/60s): "
        "99.9 % of the answers within 1.00 ms of when they were due."
    )


def test_of_a_profile_that_is_not_held_the_answer_has_the_first_phase_that_is_not(make: Maker) -> None:
    run = profiled_run(make, "steps:100,500,1000/4s", (400, 1500, 2000))

    assert answer(load(run)) == (
        f"{URL} answers 61 % well of 100/s to 1,000/s (steps:100,500,1000/4s) offered; "
        "the first phase that it does not hold is step 2 (500/s)."
    )
    assert answer(load(profiled_run(make, "steps:100,500/4s", (400, 1990)))) == (
        f"{URL} misses 0.4 % of 100/s to 500/s (steps:100,500/4s); "
        "the first phase that it does not hold is step 2 (500/s)."
    )


def test_several_systems_under_a_profile_stop_at_no_rate(make: Maker) -> None:
    text = "steps:100,500,1000/4s"
    fast, slow = profiled_run(make, text), profiled_run(make, text, (400, 1500, 2000))

    assert answer(bench(system("a", fast), system("b", slow))) == (
        f"a holds 100/s to 1,000/s ({text}) with 99.9 % within 1.00 ms; b answers 61 % well."
    )
    many = [system(name, slow) for name in "bcde"]
    assert answer(bench(*many)) == (
        f"None of 4 systems holds 100/s to 1,000/s ({text}): they answer 325/s (e) to 325/s (b) well."
    )


def test_of_one_phase_alone_it_is_not_said_which_is_not_held(make: Maker) -> None:
    assert answer(load(profiled_run(make, "ramp:100..2000/10s", (8_000,)))) == (
        f"{URL} answers 76 % well of 100/s to 2,000/s (ramp:100..2000/10s) offered."
    )
