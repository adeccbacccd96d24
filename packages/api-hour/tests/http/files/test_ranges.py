"""Which bytes a Range header asks for (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.files.ranges import MAX_RANGES, ByteRange, multipart_parts, parse_ranges, size_of, unsatisfied_range

WHOLE_BYTES = 1000


@pytest.mark.parametrize(
    ("value", "ranges"),
    [
        ("bytes=0-0", [(0, 0)]),
        ("bytes=0-499", [(0, 499)]),
        ("bytes=500-", [(500, 999)]),
        ("bytes=500-5000", [(500, 999)]),
        ("bytes=-500", [(500, 999)]),
        ("bytes=-5000", [(0, 999)]),
        ("BYTES=0-1", [(0, 1)]),
        ("bytes=0-0,-1", [(0, 0), (999, 999)]),
        ("bytes= 5-6 ,, 0-1,", [(5, 6), (0, 1)]),
        ("bytes=0-0,1000-", [(0, 0)]),
    ],
)
def test_rfc_9110_14_1_2_ranges_are_cut_to_what_is_there(value: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_ranges(value, WHOLE_BYTES) == [ByteRange(*one) for one in ranges]


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=5000-,-0"])
def test_rfc_9110_15_5_17_no_range_that_is_there_is_an_empty_list(value: str) -> None:
    assert parse_ranges(value, WHOLE_BYTES) == []


def test_nothing_has_no_ranges() -> None:
    assert parse_ranges("bytes=0-", 0) == []
    assert parse_ranges("bytes=-1", 0) == []


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=2-1",
        "bytes=0-1;2-3",
        "bytes=0-1,x",
        "bytes =0-1",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes=\u0661-",
        "items=0-1",
        "bytes=0-1000000000000000000",
    ],
)
def test_rfc_9110_14_2_what_is_malformed_or_in_another_unit_is_ignored(value: str) -> None:
    assert parse_ranges(value, WHOLE_BYTES) is None


def test_rfc_9110_17_15_many_ranges_and_those_that_overlap_are_ignored() -> None:
    many = ",".join(f"{number * 2}-{number * 2}" for number in range(MAX_RANGES + 1))

    assert parse_ranges(f"bytes={many}", WHOLE_BYTES) is None
    assert parse_ranges("bytes=5-9,0-5", WHOLE_BYTES) is None
    assert parse_ranges("bytes=0-,0-,0-", WHOLE_BYTES) is None


def test_rfc_9110_14_4_content_range_says_part_and_whole() -> None:
    assert ByteRange(0, 499).content_range(1234) == "bytes 0-499/1234"
    assert unsatisfied_range(1234) == "bytes */1234"


def test_rfc_9110_14_6_several_ranges_are_a_multipart() -> None:
    parts = multipart_parts([ByteRange(0, 1), ByteRange(4, 4)], 9, content_type="text/plain", boundary="b")

    assert parts == [
        b"--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/9\r\n\r\n",
        ByteRange(0, 1),
        b"\r\n--b\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-4/9\r\n\r\n",
        ByteRange(4, 4),
        b"\r\n--b--\r\n",
    ]
    assert size_of(parts) == sum(len(part) for part in parts if isinstance(part, bytes)) + 3


ONE = st.tuples(st.none() | st.integers(0, 40), st.none() | st.integers(0, 40)).map(
    lambda one: f"{'' if one[0] is None else one[0]}-{'' if one[1] is None else one[1]}"
)


@given(
    value=st.lists(ONE, max_size=5).map(lambda ones: f"bytes={','.join(ones)}") | st.text(), whole=st.integers(0, 30)
)
def test_what_is_sent_lies_in_the_whole_and_nothing_is_sent_twice(value: str, whole: int) -> None:
    ranges = parse_ranges(value, whole) or []

    sent = [byte for one in ranges for byte in range(one.first, one.last + 1)]
    assert len(sent) == len(set(sent)) == sum(one.size_bytes for one in ranges)
    assert all(0 <= byte < whole for byte in sent)
    assert all(one.size_bytes > 0 for one in ranges)
