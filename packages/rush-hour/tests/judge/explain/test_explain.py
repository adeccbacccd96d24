from dataclasses import replace

import pytest
from explained_runs import explained, piece, requests_by_code

from rush_hour.core.expectation import BadAnswer
from rush_hour.core.faults import GENERATOR_FAULTS
from rush_hour.judge.explain.facts import ListenerDrops
from rush_hour.judge.explain.generator_signs import FAULT_SIGNS
from rush_hour.results.run import LoadResult, PlanFacts

KILLED = "[2026-03-04 05:06:07 +0000] [7] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?"


def test_a_run_without_faults_explains_nothing(plan: PlanFacts, result: LoadResult) -> None:
    assert explained(plan, result) == []


@pytest.mark.parametrize("name", GENERATOR_FAULTS)
def test_what_the_generator_has_not_enough_of_is_its_own(plan: PlanFacts, result: LoadResult, name: str) -> None:
    connections = replace(result.connections, connect_failures={name: 7})

    [error] = explained(plan, replace(result, connections=connections), errors={f"generator:{name}": 5})

    assert (error.code, error.role, error.cause) == (FAULT_SIGNS[name].code, "generator", "generator")
    assert (error.count, error.requests, error.advice) == (7, 5, GENERATOR_FAULTS[name][1])


def test_a_stall_of_the_generator_is_its_own(plan: PlanFacts, result: LoadResult) -> None:
    errors = explained(plan, result, errors={"stalled:read:EOF": 2, "stalled:timeout": 1})

    assert requests_by_code(errors) == {"generator-stalled": 3}
    assert errors[0].cause == "generator"


@pytest.mark.parametrize("front", ["server", "proxy"])
@pytest.mark.parametrize(
    ("name", "code"),
    [("ECONNREFUSED", "connection-refused"), ("ENOENT", "socket-gone"), ("EAGAIN", "backlog-full")],
)
def test_who_refuses_connections_is_who_stands_in_front(
    plan: PlanFacts, result: LoadResult, front: str, name: str, code: str
) -> None:
    [error] = explained(plan, result, errors={f"connect:{name}": 4}, front=front)

    assert (error.code, error.role, error.cause, error.requests) == (code, "generator", front, 4)


@pytest.mark.parametrize(("is_full", "requests"), [(False, 3), (True, 8)])
def test_dropped_connections_account_for_attempts_and_of_a_queue_that_stays_full_for_who_waits_in_it(
    plan: PlanFacts, result: LoadResult, is_full: bool, requests: int
) -> None:
    drops = [ListenerDrops(role="server", address="127.0.0.1:80", dropped=20, backlog=5, is_full=is_full)]

    [error, *rest] = explained(plan, result, errors={"connect:ETIMEDOUT": 3, "timeout": 5}, drops=drops)

    assert (error.code, error.cause, error.count, error.requests) == ("backlog-full", "server", 20, requests)
    assert error.sign == "ListenOverflows at 127.0.0.1:80, backlog 5"
    assert error.advice.startswith("Raise gunicorn's --backlog, and net.core.somaxconn where it is less;")
    assert [one.code for one in rest] == ([] if is_full else ["unexplained"])


@pytest.mark.parametrize(("most_waiting", "codes"), [(1, []), (3, ["backlog-full"])])
def test_a_queue_that_was_never_long_has_dropped_nobody(
    plan: PlanFacts, result: LoadResult, most_waiting: int, codes: list[str]
) -> None:
    """What it dropped then did not belong to a connection, and some other queue of the machine was full."""
    drops = [ListenerDrops(role="server", address="127.0.0.1:80", dropped=4, backlog=5, most_waiting=most_waiting)]

    assert [error.code for error in explained(plan, result, drops=drops)] == codes


def test_a_queue_of_the_proxy_is_lengthened_in_its_own_settings(plan: PlanFacts, result: LoadResult) -> None:
    drops = [ListenerDrops(role="proxy", address="127.0.0.1:80", dropped=2)]

    [error] = explained(plan, result, drops=drops)

    assert error.advice.startswith("Raise nginx's backlog= of listen, ")
    assert error.sign == "ListenOverflows at 127.0.0.1:80"


@pytest.mark.parametrize(
    ("kills", "words"),
    [
        ([], "; the kernel did not do it for want of memory"),
        (None, "; whether for want of memory, the kernel does not say here"),
    ],
)
def test_whether_a_worker_was_killed_for_want_of_memory_is_for_the_kernel_to_say(
    plan: PlanFacts, result: LoadResult, kills: list[object] | None, words: str
) -> None:
    [error] = explained(plan, result, piece("server", KILLED), memory_kills=kills)

    assert error.what == f"a worker was killed by SIGKILL, with all that it was answering{words}"


@pytest.mark.parametrize(
    ("front", "begins", "words"),
    [
        ("server", "", ""),
        ("server", "oh no", ", and began with 'oh no'"),
        ("proxy", "<center>nginx/1.31.3</center>", ", and was nginx's own page"),
        ("server", "<center>nginx/1</center>", ", and began with '<center>nginx/1</center>'"),
    ],
)
def test_what_is_not_explained_says_what_is_known(
    plan: PlanFacts, result: LoadResult, front: str, begins: str, words: str
) -> None:
    first = BadAnswer(status=502, differs="status", what="status 502, expected 200", begins=begins)

    [error] = explained(plan, replace(result, first_bad=first), bad={"502": 1200}, errors={"read:EOF": 3}, front=front)

    assert (error.code, error.role, error.cause, error.requests) == ("unexplained", "generator", None, 1203)
    assert error.sentence == (
        "rush-hour, 1,203 times: no log and no counter says why: 1,200 with status 502, 3 with read:EOF; "
        f"the first bad answer had status 502, expected 200{words}."
    )


def test_a_first_bad_answer_that_is_explained_is_not_told_with_the_rest(plan: PlanFacts, result: LoadResult) -> None:
    first = BadAnswer(status=502, differs="status", what="status 502, expected 200")

    [error] = explained(plan, replace(result, first_bad=first), errors={"read:EOF": 1})

    assert error.sentence == "rush-hour, 1 time: no log and no counter says why: 1 with read:EOF."
