"""What follows from a run's figures."""

from dataclasses import replace

import pytest

from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


@pytest.fixture
def run(plan: PlanFacts, result: LoadResult) -> Run:
    """A run of a system behind a proxy and without a database, with 10,000 good answers."""
    resources = Resources(
        server=Usage(cpu_s=5.0, max_rss_bytes=1),
        proxy=Usage(cpu_s=2.0, max_rss_bytes=1),
        database=None,
        generator=Usage(cpu_s=1.0, max_rss_bytes=1),
    )
    return Run(plan=plan, result=result, verdict=Verdict(trusted=True), resources=resources)


def test_cpu_for_each_good_answer_is_of_the_role_that_was_asked_for(run: Run) -> None:
    assert run.cpu_us_per_good_answer("server") == 500.0
    assert run.cpu_us_per_good_answer("generator") == 100.0
    assert run.cpu_us_per_good_answer("database") is None


def test_without_a_good_answer_there_is_no_cpu_for_each(run: Run) -> None:
    silent = replace(run, result=replace(run.result, responses_good=0))

    assert silent.cpu_us_per_good_answer("server") is None


def test_the_shares_of_the_roles_are_of_what_all_of_them_used(run: Run) -> None:
    assert run.cpu_share_by_role == {"server": 0.625, "proxy": 0.25, "generator": 0.125}


def test_a_server_that_nobody_watched_has_no_shares(run: Run) -> None:
    unwatched = replace(run, resources=None)

    assert unwatched.cpu_share_by_role == {}
    assert unwatched.cpu_us_per_good_answer("server") is None


@pytest.mark.parametrize(
    ("good", "bad", "holds"),
    [(10_000, 0, True), (9_990, 10, True), (9_990, 0, True), (9_989, 11, False), (0, 0, False)],
)
def test_a_server_holds_when_all_but_one_in_a_thousand_are_answered_well(
    result: LoadResult, good: int, bad: int, *, holds: bool
) -> None:
    assert replace(result, responses_good=good, responses_total=good + bad).holds is holds


def test_the_bad_ratio_is_of_the_answers_and_not_known_without_any(result: LoadResult) -> None:
    assert replace(result, responses_total=8, responses_good=6).bad_ratio == 0.25
    assert replace(result, responses_total=0, responses_good=0).bad_ratio is None
