import hashlib

import pytest

from rush_hour.core.expectation import SUCCESSFUL, BadAnswer, Expectation, format_statuses, parse_statuses

BODY = b'{"a": 1, "b": [1.5, true]}'


def test_without_more_any_successful_status_and_any_body_are_good() -> None:
    expectation = Expectation()

    assert [status for status in (200, 204, 302, 404, 502) if status in expectation.statuses] == [200, 204]
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
    assert parse_statuses("2xx") == SUCCESSFUL


@pytest.mark.parametrize("text", ["200", "200,404", "2xx", "2xx,304", "1xx,2xx,3xx,4xx,5xx"])
def test_statuses_are_shown_as_they_are_read(text: str) -> None:
    statuses = parse_statuses(text)
    assert statuses is not None
    assert format_statuses(statuses) == text


@pytest.mark.parametrize("text", ["", "ok", "20", "2000", "600", "2x", "200 404", "200,"])
def test_other_texts_are_not_statuses(text: str) -> None:
    assert parse_statuses(text) is None


@pytest.mark.parametrize(
    ("expectation", "body", "what"),
    [
        (
            Expectation(body=b"12:00:01"),
            b"12:00:02",
            "a body that differs from byte 7 on (8 bytes, expected 8): b'12:00:02', expected b'12:00:01'",
        ),
        (
            Expectation(body=b"hello"),
            b"hell",
            "a body that differs from byte 4 on (4 bytes, expected 5): b'hell', expected b'hello'",
        ),
        (
            Expectation(body=b"x" * 100 + b"a"),
            b"x" * 100 + b"b" * 100,
            (
                "a body that differs from byte 100 on (200 bytes, expected 101): "
                "b'xxxxxxxxbbbbbbbbbbbbbbbb', expected b'xxxxxxxxa'"
            ),
        ),
        (
            Expectation(sha256="0" * 64),
            b"hello",
            (
                "a body with SHA-256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824, "
                f"expected {'0' * 64}; it begins with b'hello'"
            ),
        ),
        (Expectation(json='{"a": 1}'), b"<html>", "a body that is not JSON; it begins with b'<html>'"),
        (
            Expectation(json='{"a": [{"b": 1}, 2]}'),
            b'{"a": [{"b": 1.0}, 2]}',
            "a body whose JSON differs at $.a[0].b: 1.0, expected 1",
        ),
        (Expectation(json='{"a": 1}'), b"{}", "a body whose JSON differs at $.a: nothing, expected 1"),
        (Expectation(json="[1]"), b"[1, 2]", "a body whose JSON differs at $: 2 items, expected 1"),
        (Expectation(json="[1]"), b'{"a": 1}', 'a body whose JSON differs at $: {"a": 1}, expected [1]'),
    ],
)
def test_what_is_not_good_is_told_with_the_first_difference(expectation: Expectation, body: bytes, what: str) -> None:
    assert expectation.explain(200, body) == BadAnswer(status=200, differs="body", what=what)


def test_a_status_that_is_not_expected_is_told_before_the_body() -> None:
    expectation = Expectation(statuses=frozenset({200, 404}), body=b"x")

    assert expectation.explain(503, b"y") == BadAnswer(
        status=503, differs="status", what="status 503, expected 200,404"
    )
    assert expectation.explain(404, b"x") is None


def test_json_nested_deeper_than_python_goes_equals_no_other() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    expectation = Expectation(json=deep.decode())

    assert not expectation.accepts_body(deep)
    answer = expectation.explain(200, deep)
    assert answer is not None
    assert answer.what.startswith("a body that is not JSON")
