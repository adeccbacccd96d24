"""Who accounts for how many requests."""

from explained_runs import explained, piece, requests_by_code

from rush_hour.judge.explain.facts import MemoryKill
from rush_hour.results.run import LoadResult, PlanFacts

FULL = "2026/03/04 05:06:07 [error] 8#8: *1 connect() failed (11: Resource temporarily unavailable), client: x"
CLOSED = "2026/03/04 05:06:07 [error] 8#8: *1 upstream prematurely closed connection, client: x"
REFUSED = "2026/03/04 05:06:07 [error] 8#8: *1 connect() failed (111: Connection refused), client: x"
TOO_MANY = "2026-03-04 05:06:07.890 UTC [8] FATAL:  sorry, too many clients already"
KILLED = "[2026-03-04 05:06:07 +0000] [7] [ERROR] Worker (pid:{}) was sent SIGKILL! Perhaps out of memory?"
LEFT = "[2026-03-04 05:06:07 +0000] [7] [ERROR] Worker (pid:{}) exited with code 1."
TIMEOUT = "[2026-03-04 05:06:07 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:{})"


def raised(text: str) -> list[str]:
    return ["Traceback (most recent call last):", '  File "a.py", line 1, in answer', text]


def test_each_line_accounts_for_one_request_and_what_is_left_is_nobodys(plan: PlanFacts, result: LoadResult) -> None:
    errors = explained(plan, result, piece("proxy", FULL, FULL, REFUSED), bad={"502": 4, "500": 2})

    assert requests_by_code(errors) == {"backlog-full": 2, "connection-refused": 1, "unexplained": 3}
    assert [error.code for error in errors] == ["backlog-full", "connection-refused", "unexplained"]


def test_no_more_requests_are_accounted_for_than_there_were(plan: PlanFacts, result: LoadResult) -> None:
    errors = explained(plan, result, piece("proxy", FULL, FULL, FULL), bad={"502": 2})

    assert requests_by_code(errors) == {"backlog-full": 2}
    assert errors[0].count == 3


def test_a_line_that_may_have_been_tried_again_comes_after_one_that_was_not(
    plan: PlanFacts, result: LoadResult
) -> None:
    errors = explained(plan, result, piece("proxy", CLOSED, CLOSED, FULL, FULL), bad={"502": 3})

    assert requests_by_code(errors) == {"backlog-full": 2, "upstream-closed": 1}


def test_of_two_that_ask_for_the_same_nobody_knows_how_many_are_whose(plan: PlanFacts, result: LoadResult) -> None:
    errors = explained(plan, result, piece("proxy", REFUSED, REFUSED, FULL, FULL), bad={"502": 3})

    assert requests_by_code(errors) == {"backlog-full": None, "connection-refused": None}


def test_where_nothing_went_wrong_for_a_client_nobody_accounts_for_anything(
    plan: PlanFacts, result: LoadResult
) -> None:
    logs = piece("proxy", REFUSED, FULL), piece("server", LEFT.format(8))

    assert requests_by_code(explained(plan, result, *logs)) == {
        "backlog-full": 0,
        "connection-refused": 0,
        "worker-crashed": 0,
    }


def test_what_server_and_database_tell_of_is_counted_with_the_database(plan: PlanFacts, result: LoadResult) -> None:
    server = piece("server", *raised("OperationalError: FATAL:  sorry, too many clients already") * 2)

    errors = explained(plan, result, piece("database", *[TOO_MANY] * 5), server, bad={"500": 2})

    assert [(error.role, error.requests, error.cause) for error in errors] == [
        ("database", 2, "database"),
        ("server", None, "database"),
    ]


def test_a_database_of_others_is_the_cause_as_the_server_says(plan: PlanFacts, result: LoadResult) -> None:
    server = piece("server", *raised("OperationalError: FATAL:  sorry, too many clients already"))

    [error] = explained(plan, result, server, bad={"500": 1})

    assert (error.code, error.role, error.program, error.cause, error.requests) == (
        "database-full",
        "server",
        "gunicorn",
        "database",
        1,
    )


def test_an_application_that_catches_the_databases_refusals_is_explained_by_the_database(
    plan: PlanFacts, result: LoadResult
) -> None:
    errors = explained(plan, result, piece("database", TOO_MANY, TOO_MANY), bad={"503": 2})

    assert requests_by_code(errors) == {"database-full": 2}


def test_the_end_of_a_worker_accounts_for_what_the_proxy_saw_of_it(plan: PlanFacts, result: LoadResult) -> None:
    logs = piece("proxy", CLOSED, CLOSED), piece("server", KILLED.format(8))

    errors = explained(plan, result, *logs, bad={"502": 2}, errors={"read:EOF": 3})

    assert requests_by_code(errors) == {"worker-killed": 5, "upstream-closed": None}
    assert errors[0].code == "worker-killed"


def test_one_end_of_a_worker_does_not_account_for_more_than_could_be_in_hand(
    plan: PlanFacts, result: LoadResult
) -> None:
    errors = explained(plan, result, piece("server", KILLED.format(8)), errors={"read:EOF": 150})

    assert requests_by_code(errors) == {"worker-killed": plan.connections, "unexplained": 150 - plan.connections}


def test_workers_that_ended_for_several_reasons_account_for_their_requests_together(
    plan: PlanFacts, result: LoadResult
) -> None:
    server = piece("server", KILLED.format(8), LEFT.format(9))

    assert requests_by_code(explained(plan, result, server, errors={"read:EOF": 3})) == {
        "worker-killed": None,
        "worker-crashed": None,
    }


def test_the_end_of_a_worker_that_was_silent_is_told_once(plan: PlanFacts, result: LoadResult) -> None:
    server = piece("server", TIMEOUT.format(8), LEFT.format(8), TIMEOUT.format(9), KILLED.format(9))

    [error] = explained(plan, result, server, errors={"read:EOF": 2})

    assert (error.code, error.count, error.requests) == ("worker-timeout", 2, 2)


def test_api_hour_names_a_silent_worker_by_its_number_and_its_end_by_its_process(
    plan: PlanFacts, result: LoadResult
) -> None:
    line = "2026-03-04 05:06:07.890+00:00 [7] {} api_hour.supervisor: worker 1{}"
    server = piece(
        "server",
        line.format("ERROR", ", pid 8, gave no sign of life in time; its stack:"),
        line.format("ERROR", " gave no sign of life in time: killed"),
        line.format("INFO", ", pid 8, ended by signal 9"),
        program="api_hour",
    )

    [error] = explained(plan, result, server, errors={"read:EOF": 2})

    assert (error.code, error.count, error.requests, error.line) == ("worker-timeout", 1, 2, 102)


def test_a_worker_that_the_kernel_killed_is_told_once_with_the_servers_line(
    plan: PlanFacts, result: LoadResult
) -> None:
    kills = [MemoryKill(role="server", process="8", text="Out of memory: Killed process 8 (gunicorn)")]

    errors = explained(
        plan, result, piece("server", LEFT.format(7), KILLED.format(8)), errors={"read:EOF": 2}, memory_kills=kills
    )

    assert requests_by_code(errors) == {"out-of-memory": None, "worker-crashed": None}
    killed = next(error for error in errors if error.code == "out-of-memory")
    assert (killed.program, killed.cause, killed.log, killed.line) == ("kernel", "server", "server.log", 102)


def test_a_kill_of_which_no_name_is_known_is_the_servers_if_a_worker_of_it_was_killed(
    plan: PlanFacts, result: LoadResult
) -> None:
    kills = [MemoryKill(role=None, process=None, text="oom_kill of the machine")]

    [error] = explained(plan, result, piece("server", KILLED.format(8)), errors={"read:EOF": 2}, memory_kills=kills)

    assert (error.code, error.cause, error.requests) == ("out-of-memory", "server", 2)


def test_a_process_of_somebody_else_explains_nothing(plan: PlanFacts, result: LoadResult) -> None:
    kills = [MemoryKill(role=None, process="99", text="Out of memory: Killed process 99 (browser)")]

    assert explained(plan, result, memory_kills=kills) == []
