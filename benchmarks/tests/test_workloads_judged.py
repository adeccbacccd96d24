"""What `make workloads` says of results."""

from dataclasses import replace

import pytest
import sample_documents
from workloads_judged import judge_document, judge_system

from rush_hour.core.expectation import BadAnswer
from rush_hour.results.document import System
from rush_hour.results.run import LoadResult, RequestFigures


def request(name: str, sent: int, good: int, bad: int = 0, failed: int = 0) -> RequestFigures:
    return RequestFigures(name=name, sent=sent, good=good, bad=bad, failed=failed, latency_us=None, histogram_us=None)


@pytest.fixture
def good() -> System:
    """A system whose 100 requests were all answered well."""
    system = sample_documents.system("flask", 1)
    assert system.run is not None
    counts = {"requests_due": 100, "requests_sent": 100, "responses_total": 100, "responses_good": 100}
    result = replace(
        system.run.result,
        **counts,
        errors={},
        unanswered_at_end=0,
        first_bad=None,
        requests=[request("products", 70, 70), request("place", 30, 30)],
    )
    return with_result(system, result)


def with_result(system: System, result: LoadResult) -> System:
    assert system.run is not None
    return replace(system, runs=[replace(system.run, result=result)])


def problems(system: System, **changes: object) -> list[str]:
    assert system.run is not None
    return list(judge_system(with_result(system, replace(system.run.result, **changes))).problems)  # type: ignore[arg-type]


def test_nothing_is_said_where_all_answers_were_good_and_the_names_are_the_whole(good: System) -> None:
    [judged] = judge_document(sample_documents.bench(good))

    assert (judged.system, judged.problems) == ("flask", [])
    assert judged.result is not None


def test_a_system_that_was_not_measured_is_told_with_its_reason(good: System) -> None:
    failed = replace(good, status="failed", reason="it ended.\nwith a log", runs=[])

    assert judge_system(failed).problems == ["failed: it ended."]


def test_what_was_not_good_is_told(good: System) -> None:
    bad = BadAnswer(status=500, differs="status", what="status 500, expected 200", begins="oops", request="place")
    requests = [request("products", 70, 70), request("place", 30, 26, bad=1, failed=2)]

    said = problems(
        good, responses_good=96, responses_total=97, errors={"read:EOF": 2}, unanswered_at_end=1, first_bad=bad,
        requests=requests,
    )  # fmt: skip

    assert said == [
        "of 100 requests due, 96 had good answers",
        "2 failed: read:EOF",
        "1 were not answered",
        "the first bad answer, to place: status 500, expected 200",
    ]


def test_names_that_are_not_the_whole_are_told(good: System) -> None:
    requests = [request("products", 70, 69), request("place", 29, 30), request("never", 0, 0)]

    assert problems(good, requests=requests) == [
        "sent: the named requests are 99 together, and the whole is 100",
        "good: the named requests are 99 together, and the whole is 100",
        "never: none was sent",
    ]


def test_every_run_of_a_system_is_judged(good: System) -> None:
    assert good.run is not None
    worse = replace(good.run, result=replace(good.run.result, responses_good=90))

    [said, *_] = judge_system(replace(good, runs=[worse, good.run])).problems

    assert said == "of 100 requests due, 90 had good answers"


def test_a_busy_machine_may_leave_answers_for_after_the_end(good: System) -> None:
    assert good.run is not None
    requests = [request("products", 70, 69), request("place", 30, 30)]
    result = replace(good.run.result, responses_good=99, responses_total=99, unanswered_at_end=1, requests=requests)

    for trusted, problems_found in ((True, 2), (False, 0)):
        run = replace(good.run, result=result, verdict=replace(good.run.verdict, trusted=trusted))
        assert len(judge_system(replace(good, runs=[run])).problems) == problems_found
