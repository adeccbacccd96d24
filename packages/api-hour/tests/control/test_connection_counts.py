"""The numbers that the workers share, and whose slot is whose."""

import os
import subprocess
import sys

import pytest

from api_hour.control.connection_counts import NOT_SERVING, SLOTS, ConnectionCounts, Slots, make_shared_memory


def test_what_one_process_writes_another_reads() -> None:
    fd = make_shared_memory()
    ours = ConnectionCounts(fd)
    Slots(ours).take()
    program = (
        "import sys; from api_hour.control.connection_counts import ConnectionCounts;"
        "counts = ConnectionCounts(int(sys.argv[1])); counts.open[0] = 7; counts.taken[0] = 9"
    )

    subprocess.run([sys.executable, "-c", program, str(fd)], pass_fds=(fd,), check=True)
    os.close(fd)

    assert (ours.open[0], ours.taken[0], ours.least()) == (7, 9, 7)


def test_a_new_slot_is_nobodys_turn() -> None:
    counts = ConnectionCounts.unshared()

    assert Slots(counts).take() == 0
    assert counts.open[0] == NOT_SERVING
    assert counts.slots_in_use == 1
    assert counts.least() == NOT_SERVING


def test_without_workers_there_is_no_least() -> None:
    assert ConnectionCounts.unshared().least() == NOT_SERVING


def test_what_a_worker_had_does_not_count_when_its_slot_is_free_again() -> None:
    counts = ConnectionCounts.unshared()
    slots = Slots(counts)
    first, second, third = slots.take(), slots.take(), slots.take()
    assert (first, second, third) == (0, 1, 2)
    counts.open[0], counts.open[1], counts.open[2] = 5, 1, 6

    slots.free(second)
    assert counts.least() == 5
    assert counts.slots_in_use == 3
    slots.free(third)

    assert counts.slots_in_use == 1
    assert slots.take() == 1
    assert counts.open[1] == NOT_SERVING


def test_a_worker_beyond_the_last_slot_has_none() -> None:
    slots = Slots(ConnectionCounts.unshared())
    for slot in range(SLOTS):
        assert slots.take() == slot

    assert slots.take() is None
    slots.free(None)
    slots.free(7)
    assert slots.take() == 7


@pytest.mark.parametrize("slot", [0, SLOTS - 1])
def test_every_slot_has_its_own_two_numbers(slot: int) -> None:
    counts = ConnectionCounts.unshared()
    counts.open[slot], counts.taken[slot] = 3, 4

    assert (sum(counts.open), sum(counts.taken), counts.slots_in_use) == (3, 4, 0)
