import pytest
from explained_runs import piece

from rush_hour.judge.explain.reading import OTHER_KINDS_LIMIT, SHOWN_CHARACTERS, read_log

HEAD = "[2026-03-04 05:06:07 +0000] [8] [ERROR] Error handling request GET /"
TRACEBACK = ["Traceback (most recent call last):", '  File "a.py", line 1, in answer', "    fail()"]


def seen_in(*lines: str) -> list[tuple[str, str, int, int | None]]:
    """Return code, words, count and first line of what a server's log says."""
    return [
        (finding.sign.code, finding.shown, finding.count, finding.line) for finding in read_log(piece("server", *lines))
    ]


def test_a_traceback_is_one_event_by_its_last_line() -> None:
    assert seen_in(HEAD, *TRACEBACK, "ValueError: agent 7", HEAD, *TRACEBACK, "ValueError: agent 12") == [
        ("application-error", "ValueError: agent 7", 2, 102)
    ]


def test_exceptions_of_other_kinds_are_told_apart() -> None:
    assert seen_in(*TRACEBACK, "ValueError: one", *TRACEBACK, "KeyError: 'one'") == [
        ("application-error", "ValueError: one", 1, 101),
        ("application-error", "KeyError: 'one'", 1, 105),
    ]


@pytest.mark.parametrize(
    "between",
    [
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    ],
)
def test_exceptions_raised_from_others_are_one_event(between: str) -> None:
    lines = [*TRACEBACK, "KeyError: 'x'", "", between, "", *TRACEBACK, "LookupError: no agent", HEAD]

    assert seen_in(*lines) == [("application-error", "LookupError: no agent", 1, 101)]


def test_more_lines_of_an_exceptions_text_belong_to_it() -> None:
    text = [
        "psycopg.OperationalError: connection failed: FATAL:  sorry, too many clients already",
        "- host: 'x'",
        "  y",
    ]

    assert seen_in(*TRACEBACK, *text, HEAD) == [("database-full", "sorry, too many clients already", 1, 101)]


def test_a_group_of_exceptions_is_one_event() -> None:
    lines = [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "a.py", line 1, in answer',
        "  | ExceptionGroup: several (1 sub-exception)",
        "  +-+---------------- 1 ----------------",
        "    | Traceback (most recent call last):",
        '    |   File "a.py", line 2, in find',
        "    | ValueError: one",
        "    +------------------------------------",
        "INFO:     127.0.0.1:1 - GET / 500",
    ]
    assert seen_in(*lines) == [("application-error", "ExceptionGroup: several (1 sub-exception)", 1, 101)]


def test_a_traceback_without_an_end_says_nothing() -> None:
    assert seen_in(*TRACEBACK) == []


def test_a_line_after_a_traceback_is_read_as_well() -> None:
    lines = [*TRACEBACK, "ValueError: one", "[2026-03-04 05:06:07 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)"]

    assert [code for code, *_ in seen_in(*lines)] == ["application-error", "worker-timeout"]


def test_a_long_text_is_cut() -> None:
    [(_, shown, *_)] = seen_in(*TRACEBACK, f"ValueError: {'x' * 1000}")
    assert len(shown) == SHOWN_CHARACTERS + len("...")


def test_kinds_of_what_no_sign_knows_have_an_end() -> None:
    lines = [line for number in range(20) for line in (*TRACEBACK, f"ValueError: {chr(ord('a') + number)}")]

    assert [count for _, _, count, _ in seen_in(*lines)] == [1] * OTHER_KINDS_LIMIT + [20 - OTHER_KINDS_LIMIT]


def test_a_text_is_shown_without_its_secrets_and_what_a_terminal_would_obey() -> None:
    [(_, shown, *_)] = seen_in(*TRACEBACK, "ValueError: \x1b[2J postgresql://app:hunter2@db/x")
    assert shown == "ValueError: \\x1b[2J postgresql://app:***@db/x"


def test_processes_are_counted_by_their_number() -> None:
    died = "DAMN ! worker 1 (pid: {}) died, killed by signal 11 :( trying respawn ..."
    [finding] = read_log(piece("server", died.format(8), died.format(9), died.format(8)))

    assert finding.processes == {"8": 2, "9": 1}
    assert finding.count == 3
