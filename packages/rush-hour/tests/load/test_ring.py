from collections.abc import Iterator
from pathlib import Path

import pytest

from rush_hour.core.records import GOOD, SENT, tag_of
from rush_hour.load.injector.ring_writer import RingWriter
from rush_hour.load.local.ring_reader import RingReader
from rush_hour.load.ring import NAMES, OTHER, RECORDS, Ring


@pytest.fixture
def ring() -> Iterator[Ring]:
    ring = Ring()
    yield ring
    ring.close()


def test_records_come_out_as_they_went_in(ring: Ring) -> None:
    writer, reader = RingWriter(ring), RingReader(ring)

    writer.write(10, 20, 30, tag_of(GOOD, 200))
    writer.write(-1, 1 << 62, 0, SENT)

    assert reader.take().tolist() == [[10, 20, 30, tag_of(GOOD, 200)], [-1, 1 << 62, 0, SENT]]
    assert reader.take().tolist() == []


def test_a_ring_goes_round_without_losing_a_record(ring: Ring) -> None:
    writer, reader = RingWriter(ring), RingReader(ring)
    taken: list[int] = []

    for number in range(RECORDS + RECORDS // 2):
        writer.write(number, 0, 0, SENT)
        if number % (RECORDS // 3) == 0:
            taken += reader.take()[:, 0].tolist()
    while len(records := reader.take()):
        taken += records[:, 0].tolist()

    assert taken == list(range(RECORDS + RECORDS // 2))
    assert writer.uncounted == {}


def test_what_there_is_no_room_for_is_counted_by_its_tag(ring: Ring) -> None:
    writer, reader = RingWriter(ring), RingReader(ring)

    for number in range(RECORDS + 3):
        writer.write(number, 0, 0, SENT)
    writer.write(0, 0, 0, tag_of(GOOD, 200))

    assert writer.uncounted == {SENT: 3, tag_of(GOOD, 200): 1}
    assert len(reader.take()) == RECORDS
    writer.write(7, 0, 0, SENT)
    assert reader.take()[:, 0].tolist() == [7]


def test_names_are_known_to_the_reader_by_their_numbers(ring: Ring) -> None:
    writer, reader = RingWriter(ring), RingReader(ring)

    numbers = [writer.number_of(f"connect:ERROR{number}") for number in range(NAMES + 10)]

    assert writer.number_of("connect:ERROR3") == numbers[3]
    assert reader.names()[numbers[3]] == "connect:ERROR3"
    assert reader.names()[numbers[-1]] == OTHER
    assert len(set(numbers)) == NAMES
    assert writer.number_of("a" * 1000) == numbers[-1]


def test_memory_that_may_not_be_locked_is_used_all_the_same(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rush_hour.load.injector.ring_writer.lock_buffer", lambda _address, length: length == 0)

    writer = RingWriter(ring)

    assert not writer.lock()
    writer.write(1, 0, 0, SENT)
    assert len(RingReader(ring).take()) == 1


def test_a_ring_has_no_name_that_could_be_left_behind(ring: Ring) -> None:
    assert "rush-hour-ring (deleted)" in str(Path(f"/proc/self/fd/{ring.fd}").readlink())
