import hashlib

import pytest

from rush_hour.core.expectation import BELOW_400, Expectation, parse_statuses

BODY = b'{"a": 1, "b": [1.5, true]}'


def test_without_more_any_status_below_400_and_any_body_are_good() -> None:
    expectation = Expectation()

    assert [status for status in (200, 204, 302, 404, 502) if status in expectation.statuses] == [200, 204, 302]
    assert not expectation.needs_body
    assert expectation.accepts_body(b"whatever")


@pytest.mark.parametrize(
    "expectation",
    [
        Expectation(body=BODY),
        Expectation(sha256=hashlib.sha256(BODY).hexdigest()),
        Expectation(json='{"b":[1.5,true],"a":1}'),
    ],
)
def test_a_body_is_held_against_what_is_expected_of_it(expectation: Expectation) -> None:
    assert expectation.needs_body
    assert expectation.accepts_body(BODY)
    assert not expectation.accepts_body(BODY.replace(b"1.5", b"2.5"))
    assert not expectation.accepts_body(b"")


@pytest.mark.parametrize("body", [b'{"a": true}', b'{"a": 1.0}', b'{"a": "1"}', b"{", b"\xff"])
def test_what_is_not_the_same_json_is_not_good(body: bytes) -> None:
    assert not Expectation(json='{"a": 1}').accepts_body(body)


def test_statuses_are_read_alone_and_by_their_class() -> None:
    assert parse_statuses("200") == frozenset({200})
    assert parse_statuses("200,404") == frozenset({200, 404})
    assert parse_statuses("2xx") == frozenset(range(200, 300))
    assert parse_statuses("2xx,304") == frozenset({*range(200, 300), 304})
    assert set(range(100, 400)) == BELOW_400


@pytest.mark.parametrize("text", ["", "ok", "20", "2000", "600", "2x", "200 404", "200,"])
def test_other_texts_are_not_statuses(text: str) -> None:
    assert parse_statuses(text) is None
