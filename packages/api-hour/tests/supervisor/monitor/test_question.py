"""Requests to the monitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.supervisor.monitor.question import BadQuestion, Question, QuestionReader

HEAD = b"GET /metrics?name=a HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nX-Other: 1\r\naccept: */*;q=0.5\r\n\r\n"
METRICS = Question(method="GET", path="/metrics", accept="text/plain, */*;q=0.5")


def test_a_request_is_read_from_its_head() -> None:
    assert QuestionReader().feed(HEAD) == METRICS


@given(st.lists(st.integers(0, len(HEAD)), max_size=8).map(sorted))
def test_any_split_of_the_bytes_is_the_same_request(cuts: list[int]) -> None:
    reader, begin = QuestionReader(), 0
    for cut in cuts:
        question = reader.feed(HEAD[begin:cut])
        begin = cut
        if question is not None:
            assert begin == len(HEAD)
    assert reader.feed(HEAD[begin:]) == METRICS


def test_a_body_is_not_waited_for() -> None:
    head = b"POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"

    assert QuestionReader().feed(head) == Question(method="POST", path="/status")


def test_another_protocol_is_not_taken() -> None:
    head = b"GET /status HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

    assert QuestionReader().feed(head) == Question(method="GET", path="/status")


def test_what_follows_a_request_does_not_matter() -> None:
    assert QuestionReader().feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense") == Question(method="GET", path="/")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"nonsense\r\n\r\n", "Invalid method encountered"),
        (b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", "Invalid char in url path"),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 8192, "the head is longer than 8192 bytes"),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadQuestion) as caught:
        QuestionReader().feed(data)

    assert str(caught.value) == reason


def test_a_head_that_comes_slowly_is_refused_when_it_is_too_long() -> None:
    reader = QuestionReader()
    assert reader.feed(b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 1000) is None

    with pytest.raises(BadQuestion):
        reader.feed(b"A: a\r\n" * 1000)
