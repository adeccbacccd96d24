import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.http.chunks import CHUNK_LINE_LIMIT_BYTES, RUN_AT_LEAST, SIZES_LENGTH, Chunks
from rush_hour.core.http.http_response import BodyChunk, HeadCache, ResponseEnd, ResponseReader
from rush_hour.core.http.malformed import MalformedResponse

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def body_of(raw: bytes, cut_bytes: int) -> bytes:
    reader = ResponseReader(HeadCache("GET"))
    events = [event for at in range(0, len(raw), cut_bytes) for event in reader.feed(raw[at : at + cut_bytes])]
    assert isinstance(events[-1], ResponseEnd)
    return b"".join(event.data for event in events if isinstance(event, BodyChunk))


runs = st.tuples(st.integers(1, 20), st.integers(1, 40))  # the size of the chunks, and how many


@given(st.lists(runs, max_size=8), st.integers(1, 500))
def test_runs_of_chunks_of_any_size_cut_anywhere_are_the_body(sizes: list[tuple[int, int]], cut_bytes: int) -> None:
    pieces = [
        bytes((13, 10, 48, 65 + count % 26))[: 1 + size % 4] * size for size, count in sizes for _ in range(count)
    ]

    assert body_of(HEAD + b"".join(map(chunk, pieces)) + LAST, cut_bytes) == b"".join(pieces)


@given(st.integers(0, 39), st.sampled_from([b"\rx", b"x\n", b"xx"]))
def test_a_broken_chunk_is_found_wherever_in_a_run_it_is(number: int, ending: bytes) -> None:
    whole = [chunk(b"sixteen bytes...")] * 40
    broken = [*whole[:number], whole[0][:-2] + ending, *whole[number + 1 :], LAST]

    with pytest.raises(MalformedResponse) as caught:
        body_of(HEAD + b"".join(broken), 1_000_000)
    assert str(caught.value) == f"expected an end of line after a chunk, got {ending!r}"


def test_a_run_ends_where_the_size_changes_in_the_middle_of_a_line() -> None:
    pieces = [b"x" * 16] * (RUN_AT_LEAST + 2) + [b"y" * 17] * (RUN_AT_LEAST + 2)

    assert body_of(HEAD + b"".join(map(chunk, pieces)) + LAST, 1_000_000) == b"".join(pieces)


def test_a_chunk_that_is_not_whole_is_left_for_the_next_bytes() -> None:
    buffer = b"--" + chunk(b"hello") + b"5\r\nhel"
    chunks = Chunks(buffer, 2, gives_body=True)

    chunks.read()

    assert chunks.parts == [b"hello"]
    assert buffer[chunks.at :] == b"5\r\nhel"


def test_size_lines_of_all_kinds_are_read_and_not_remembered_without_end() -> None:
    lines = [b"1;number=%d" % number for number in range(SIZES_LENGTH * 2)]

    assert body_of(HEAD + b"".join(line + b"\r\nx\r\n" for line in lines) + LAST, 1_000_000) == b"x" * len(lines)


def test_a_size_line_without_end_is_refused() -> None:
    with pytest.raises(MalformedResponse) as caught:
        body_of(HEAD + b"1;" + b"x" * CHUNK_LINE_LIMIT_BYTES, 1_000_000)
    assert caught.value.code == "line-too-long"
