"""Conditional requests (RFC 9110, section 13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.conditional import Validators, precondition_status, range_applies
from api_hour.http.message.http_date import format_http_date

NOW_S = 1_764_000_000.0
CHANGED_S = 1_700_000_000
BEFORE, THEN, AFTER = (format_http_date(CHANGED_S + seconds) for seconds in (-1, 0, 1))
STRONG = Validators(etag='"a"', last_modified_s=CHANGED_S)
WEAK = Validators(etag='W/"a"', last_modified_s=CHANGED_S)
BARE = Validators()


def status(method: str, current: Validators | None = STRONG, **headers: str) -> int | None:
    by_name = {name.replace("_", "-"): value for name, value in headers.items()}
    return precondition_status(method, by_name, current, now_s=NOW_S)


@pytest.mark.parametrize("etag", ["a", "'a'", '"a', 'w/"a"', '"a"b"', '"a b"', ""])
def test_rfc_9110_8_8_3_an_entity_tag_is_in_quotes(etag: str) -> None:
    with pytest.raises(ValueError) as caught:
        Validators(etag=etag)

    assert str(caught.value) == f'etag: expected an entity tag in quotes, such as "v7" or W/"v7", got {etag!r}'


def test_a_request_without_conditions_is_answered() -> None:
    assert status("GET") is None
    assert status("PUT", None) is None


@pytest.mark.parametrize(
    ("value", "current", "expected"),
    [
        ('"a"', STRONG, None),
        ('"x", "a"', STRONG, None),
        (' , "x" ,, "a" ,', STRONG, None),
        ("*", STRONG, None),
        ("*", BARE, None),
        ("*", None, 412),
        ('"b"', STRONG, 412),
        ('W/"a"', STRONG, 412),
        ('W/"a"', WEAK, 412),
        ('"a"', WEAK, 412),
        ('"a"', None, 412),
        ('"a"', BARE, 412),
        ("a", STRONG, 412),
        ('"a" "b"', STRONG, 412),
        ("", STRONG, 412),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_rfc_9110_13_1_1_if_match_compares_strongly(
    method: str, value: str, current: Validators | None, expected: int | None
) -> None:
    assert status(method, current, if_match=value) == expected


@pytest.mark.parametrize(
    ("value", "current", "matches"),
    [
        ('"a"', STRONG, True),
        ('W/"a"', STRONG, True),
        ('"a"', WEAK, True),
        ('"x",W/"a"', WEAK, True),
        ("*", STRONG, True),
        ("*", None, False),
        ('"b"', STRONG, False),
        ('"a"', None, False),
        ('"a"', BARE, False),
        ("a", STRONG, False),
    ],
)
def test_rfc_9110_13_1_2_if_none_match_compares_weakly(value: str, current: Validators | None, matches: bool) -> None:
    assert status("GET", current, if_none_match=value) == (304 if matches else None)
    assert status("HEAD", current, if_none_match=value) == (304 if matches else None)
    assert status("PUT", current, if_none_match=value) == (412 if matches else None)


@pytest.mark.parametrize(
    ("value", "current", "expected"),
    [
        (THEN, STRONG, 304),
        (AFTER, STRONG, 304),
        (BEFORE, STRONG, None),
        ("yesterday", STRONG, None),
        (THEN, BARE, None),
        (THEN, None, None),
    ],
)
def test_rfc_9110_13_1_3_if_modified_since(value: str, current: Validators | None, expected: int | None) -> None:
    assert status("GET", current, if_modified_since=value) == expected
    assert status("HEAD", current, if_modified_since=value) == expected


def test_rfc_9110_13_1_3_if_modified_since_is_for_get_and_head() -> None:
    assert status("POST", if_modified_since=AFTER) is None


@pytest.mark.parametrize(
    ("value", "current", "expected"),
    [(BEFORE, STRONG, 412), (THEN, STRONG, None), (AFTER, STRONG, None), ("x", STRONG, None), (BEFORE, BARE, None)],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_rfc_9110_13_1_4_if_unmodified_since(
    method: str, value: str, current: Validators, expected: int | None
) -> None:
    assert status(method, current, if_unmodified_since=value) == expected


def test_rfc_9110_13_2_2_if_match_goes_before_if_unmodified_since() -> None:
    assert status("PUT", if_match='"a"', if_unmodified_since=BEFORE) is None


def test_rfc_9110_13_2_2_if_none_match_goes_before_if_modified_since() -> None:
    assert status("GET", if_none_match='"b"', if_modified_since=AFTER) is None


def test_rfc_9110_13_2_2_if_match_goes_before_if_none_match() -> None:
    assert status("GET", if_match='"b"', if_none_match='"a"') == 412
    assert status("GET", if_match='"a"', if_none_match='"a"') == 304
    assert status("GET", if_unmodified_since=BEFORE, if_none_match='"a"') == 412


@pytest.mark.parametrize(
    ("value", "current", "applies"),
    [
        ('"a"', STRONG, True),
        ('"b"', STRONG, False),
        ('W/"a"', STRONG, False),
        ('W/"a"', WEAK, False),
        ('"a"', WEAK, False),
        ('"a"', BARE, False),
        (THEN, STRONG, True),
        (AFTER, STRONG, False),
        (BEFORE, STRONG, False),
        (THEN, BARE, False),
        ("x", STRONG, False),
    ],
)
def test_rfc_9110_13_1_5_if_range_compares_strongly_and_exactly(value: str, current: Validators, applies: bool) -> None:
    assert range_applies({"if-range": value}, current, now_s=NOW_S) is applies


def test_rfc_9110_13_1_5_a_range_without_if_range_applies() -> None:
    assert range_applies({}, STRONG, now_s=NOW_S)


def test_rfc_9110_8_8_2_2_a_date_of_the_last_second_is_weak() -> None:
    headers = {"if-range": THEN}

    assert not range_applies(headers, STRONG, now_s=CHANGED_S + 0.9)
    assert range_applies(headers, STRONG, now_s=CHANGED_S + 1)


VALUES = st.sampled_from(['"a"', 'W/"a"', '"b"', "*", "", "a", THEN, BEFORE, AFTER])
NAMES = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"]


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE"]),
    headers=st.dictionaries(st.sampled_from(NAMES), VALUES | st.text()),
    current=st.sampled_from([STRONG, WEAK, BARE, None]),
)
def test_a_change_is_never_answered_with_304_and_nothing_new_is_never_not_modified(
    method: str, headers: dict[str, str], current: Validators | None
) -> None:
    answer = precondition_status(method, headers, current, now_s=NOW_S)

    assert answer in (None, 412, 304)
    if answer == 304:
        assert method in ("GET", "HEAD")
        assert current is not None
