"""Answers in parts: those that are known are compared, and any other is read as if nothing were known."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.expectation import Expectation
from rush_hour.core.http.http_response import HeadCache
from rush_hour.core.http.malformed import MalformedResponse
from rush_hour.load.injector.reading import Reading
from rush_hour.load.injector.target import Target, asks_to_close
from rush_hour.load.workload.request import Request

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
PLAIN_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"
PLAIN = PLAIN_HEAD + b"hello world"
INTERIM = b"HTTP/1.1 103 Early Hints\r\n\r\n"


def target_for(**expected: object) -> Target:
    expectation = Expectation(statuses=frozenset({200}), **expected)  # type: ignore[arg-type]
    return Target(Request(method="GET", data=b"", expectation=expectation), HeadCache("GET"), None)


def read(target: Target, raw: bytes, cuts: list[int]) -> Reading:
    """Read one answer in parts, and return the reading, which is complete with the last part and not before."""
    reading = Reading(target)
    bounds = [0, *sorted(cut for cut in cuts if 0 < cut < len(raw)), len(raw)]
    parts = [raw[begin:end] for begin, end in itertools.pairwise(bounds) if begin < end]
    assert [reading.feed(memoryview(part)) for part in parts] == [False] * (len(parts) - 1) + [True]
    return reading


cuts = st.lists(st.integers(1, len(CHUNKED)), max_size=4)


@given(st.sampled_from([PLAIN, CHUNKED, INTERIM + PLAIN, INTERIM + CHUNKED]), st.lists(cuts, min_size=1, max_size=4))
def test_an_answer_is_good_however_it_is_cut_and_however_often_it_comes(raw: bytes, many: list[list[int]]) -> None:
    target = target_for(body=b"hello world")

    for cut in many:
        reading = read(target, raw, cut)
        assert reading.is_good()
        assert not reading.has_more


@given(st.sampled_from([PLAIN, CHUNKED]), cuts, st.sampled_from([b"h", b"o", b" ", b"w", b"d"]))
def test_another_body_than_the_known_one_is_bad_wherever_it_differs(raw: bytes, cut: list[int], part: bytes) -> None:
    target = target_for(body=b"hello world")
    assert read(target, raw, cut).is_good()

    head, end, body = raw.partition(b"\r\n\r\n")

    assert not read(target, head + end + body.replace(part, b"x", 1), cut).is_good()
    assert read(target, raw, cut).is_good()


def test_other_chunks_of_the_same_body_are_good_too() -> None:
    target = target_for(body=b"hello world")
    assert read(target, CHUNKED, [60]).is_good()

    assert read(target, CHUNKED_HEAD + b"b\r\nhello world\r\n0\r\n\r\n", [60]).is_good()
    assert not read(target, CHUNKED_HEAD + b"5\r\nhello\r\n7\r\n world!\r\n0\r\n\r\n", [70]).is_good()


def test_any_body_is_good_where_any_is_and_a_longer_one_than_expected_is_not() -> None:
    anything, one = target_for(), target_for(body=b"hello")

    assert read(anything, CHUNKED, [50, 60]).is_good()
    assert read(anything, CHUNKED, [50, 60]).is_good()
    assert not read(one, PLAIN, [45]).is_good()


def test_json_that_differs_in_its_form_is_learnt_and_compared() -> None:
    target = target_for(json="[1, 2]")
    for _ in range(2):
        assert read(target, CHUNKED_HEAD + b"5\r\n[1,2]\r\n0\r\n\r\n", [55]).is_good()
        assert read(target, CHUNKED_HEAD + b"6\r\n[1, 2]\r\n0\r\n\r\n", [55]).is_good()
        assert not read(target, CHUNKED_HEAD + b"6\r\n[1, 3]\r\n0\r\n\r\n", [55]).is_good()


def test_bytes_after_an_answer_are_seen_and_not_remembered() -> None:
    target = target_for(body=b"hello world")
    for raw in (CHUNKED, PLAIN):
        reading = Reading(target)
        assert reading.feed(memoryview(raw + b"more"))
        assert reading.has_more
        assert reading.is_good()
    assert target.known_chunks is None


def test_the_end_of_the_connection_completes_an_answer_without_a_length_and_no_other() -> None:
    reading = Reading(target_for(body=b"hello"))
    assert not reading.feed(memoryview(b"HTTP/1.1 200 OK\r\n\r\nhello"))
    assert reading.feed_eof()
    assert reading.is_good()

    target = target_for(body=b"hello world")
    for _ in range(2):  # the first is parsed, the second compared
        cut_short = Reading(target)
        assert not cut_short.feed(memoryview(PLAIN[:-1]))
        with pytest.raises(MalformedResponse):
            cut_short.feed_eof()
        assert read(target, PLAIN, []).is_good()


@pytest.mark.parametrize(
    ("request_head", "closes"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: x\r\nconnection: Close\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nX-Connection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: Upgrade, close\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 19\r\n\r\n\r\nConnection: close\r\n", False),
        (b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_request_says_whether_it_is_the_last_on_its_connection(request_head: bytes, *, closes: bool) -> None:
    assert asks_to_close(request_head) is closes
