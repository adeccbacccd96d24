"""What `make applications` compares, and what it leaves out."""

from typing import Any

import pytest
from applications_seen import Transcript, comparable_fields, differences, log_complaints

TEXT = ("Content-Type", "text/plain")


def transcript(*fields: tuple[str, str], status: str = "HTTP/1.1 200 OK", body: Any = b"hello") -> Transcript:
    made = Transcript(masks=[r'token="(\w+)"', r"\d{4}-\d\d-\d\d"])
    made.note_answer("GET /", status, fields, body)
    return made


def test_what_is_the_servers_own_or_says_the_time_is_no_difference() -> None:
    reference = transcript(
        TEXT, ("Date", "then"), ("Server", "one"), ("Expires", "then"), ("Transfer-Encoding", "chunked")
    )
    ours = transcript(
        ("date", "now"), ("Server", "one"), ("expires", "now"), ("content-type", "text/plain"), ("Connection", "close")
    )
    assert differences(reference, ours) == []


def test_a_cookie_is_compared_but_for_its_value_and_its_date() -> None:
    cookie = "id=abc; expires=Mon, 30 Nov 2026 13:17:46 GMT; Path=/"
    assert comparable_fields([("Set-Cookie", cookie)]) == [("set-cookie", "id=...; expires=...; Path=/")]
    assert comparable_fields([("Set-Cookie", 'id=""; Path=/')]) == [("set-cookie", "id=...; Path=/")]


def test_a_field_that_one_has_alone_is_a_difference() -> None:
    assert differences(transcript(TEXT), transcript(TEXT, ("X-A", "b"))) == ["GET /: fields: [] | ['x-a: b']"]


@pytest.mark.parametrize(
    ("lengths", "status", "found"),
    [
        (("5", None), "HTTP/1.1 200 OK", []),
        (("5", "6"), "HTTP/1.1 200 OK", ["GET /: lengths: ['5'] | ['6']"]),
        (("0", "1"), "HTTP/1.1 204 No Content", []),
    ],
)
def test_a_length_is_compared_where_both_say_one_and_may(
    lengths: tuple[str | None, str | None], status: str, found: list[str]
) -> None:
    made = [transcript(*[("Content-Length", text)] if text else [], status=status) for text in lengths]
    assert differences(*made) == found


def test_what_is_masked_in_a_body_and_what_follows_from_it_is_no_difference() -> None:
    reference = transcript(("ETag", '"1"'), ("Content-Length", "11"), body=b'token="abc" 2026-11-30')
    ours = transcript(("ETag", '"2"'), ("Content-Length", "12"), body=b'token="abcd" 2026-12-01')
    assert differences(reference, ours) == []
    assert reference.steps[0].seen["body"] == 'token="..." ...'


def test_texts_within_what_is_noted_are_masked_and_other_bytes_are_told_by_their_digest() -> None:
    made = Transcript(masks=["[0-9]+"])
    made.note("a step", came=[("a1", {"b2": b"c3"}), 4, None], data=b"\xff")
    assert made.steps[0].seen["came"] == [["a...", {"b...": "c..."}], 4, None]
    assert made.steps[0].seen["data"].startswith("1 bytes, SHA-256 a8100ae6aa1940d0b663")


def test_a_long_text_is_shown_around_where_it_differs() -> None:
    reference, ours = transcript(body=b"x" * 500 + b"a"), transcript(body=b"x" * 500 + b"b")
    assert differences(reference, ours) == [f"GET /: body: {'x' * 40}a | {'x' * 40}b"]


def test_a_conversation_that_takes_another_way_is_compared_no_further() -> None:
    reference, ours = Transcript(), Transcript()
    reference.note("one", text="a")
    ours.note("one", text="b")
    reference.note("two")
    assert differences(reference, ours) == ["one: text: a | b", "step 'two' expected, 'nothing' came"]


def test_a_step_that_is_known_to_differ_must_do_so() -> None:
    assert differences(transcript(body=b"a"), transcript(body=b"b"), {"GET /"}) == []
    said = ["GET /: it is said to differ, and does not"]
    assert differences(transcript(), transcript(), {"GET /": "a reason"}) == said


def test_a_log_may_complain_of_what_the_others_complains_of() -> None:
    crash = "2026-11-30 ERROR app: it fails\nTraceback (most recent call last):\n"
    assert log_complaints("ERROR:    it fails\nTraceback (most recent call last):\n", crash) == []
    assert log_complaints("", crash + "INFO: TERRORS") == [
        "in the log: Traceback (most recent call last):",
        "in the log: 2026-11-30 ERROR app: it fails",
    ]
    assert log_complaints("", "x was never awaited") == ["in the log: x was never awaited"]
