"""Which worker takes the next connection: decisions on numbers, without sockets."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.control.connection_counts import NOT_SERVING, ConnectionCounts, Slots
from api_hour.worker.listeners.balance import FIRST_TAKE, STEPS_UNTIL_STUCK, Balance, allowed_beside


class Workers:
    """Workers that serve, with so many connections each."""

    def __init__(self, *connections: int) -> None:
        self.counts = ConnectionCounts.unshared()
        slots = Slots(self.counts)
        self.all = [Balance(self.counts, slots.take() or 0) for _ in connections]
        for worker, count in zip(self.all, connections, strict=True):
            worker.begin()
            for _ in range(count):
                worker.took()

    def open(self) -> list[int]:
        return [count for count in self.counts.open[: self.counts.slots_in_use] if count != NOT_SERVING]


def steps_until_it_takes(worker: Balance) -> int:
    steps = 0
    while worker.must_step_back():
        steps += 1
    return steps


@pytest.mark.parametrize(("fewest", "allowed"), [(0, 1), (1, 2), (15, 16), (16, 18), (100, 107), (1600, 1701)])
def test_a_worker_may_have_a_few_more_than_another(fewest: int, allowed: int) -> None:
    assert allowed_beside(fewest) == allowed


def test_who_has_the_fewest_never_steps_back() -> None:
    workers = Workers(3, 3, 9)

    assert [worker.must_step_back() for worker in workers.all] == [False, False, True]


def test_who_is_alone_never_steps_back() -> None:
    alone = Balance(ConnectionCounts.unshared(), 0)
    alone.begin()
    for _ in range(100):
        assert not alone.must_step_back()
        alone.took()


def test_connections_that_are_over_do_not_count() -> None:
    workers = Workers(10, 10)
    assert not workers.all[0].must_step_back()

    for _ in range(5):
        workers.all[1].lost()

    assert workers.open() == [10, 5]
    assert workers.all[0].must_step_back()


def test_nobody_waits_for_a_worker_that_does_not_serve_yet_or_any_more() -> None:
    workers = Workers(10, 0)
    retiring = workers.all[1]
    assert workers.all[0].must_step_back()

    retiring.end()

    assert not workers.all[0].must_step_back()
    assert workers.open() == [10]
    retiring.took()  # it was being accepted
    retiring.lost()
    assert workers.open() == [10]


def test_what_is_still_there_after_a_few_steps_is_taken() -> None:
    workers = Workers(10, 0)

    assert steps_until_it_takes(workers.all[0]) == FIRST_TAKE - 1
    assert steps_until_it_takes(workers.all[0]) == FIRST_TAKE - 1
    assert steps_until_it_takes(workers.all[0]) == 2 * FIRST_TAKE - 1


def test_a_worker_that_takes_one_now_and_then_is_waited_for() -> None:
    workers = Workers(90, 0)

    for _ in range(80):
        assert workers.all[0].must_step_back()
        workers.all[1].took()

    assert workers.open() == [90, 80]


def test_a_worker_that_takes_nothing_is_not_waited_for_until_it_does() -> None:
    workers = Workers(100, 0)
    patient, blocked = workers.all
    waited = [patient.must_step_back() for _ in range(STEPS_UNTIL_STUCK + 1)]
    takes = [step for step, must_wait in enumerate(waited, 1) if not must_wait]
    assert takes == [3, 6, 12, 24, 48, 96, STEPS_UNTIL_STUCK + 1]

    assert not any(patient.must_step_back() for _ in range(1000))
    blocked.took()

    assert patient.must_step_back()


def test_a_worker_that_is_stuck_keeps_nobody_from_waiting_for_another() -> None:
    workers = Workers(100, 0, 0)
    patient, _, slow = workers.all
    for _ in range(STEPS_UNTIL_STUCK + 1):
        patient.must_step_back()
    assert not patient.must_step_back()

    slow.took()

    assert patient.must_step_back()


@given(st.integers(1, 6), st.randoms(use_true_random=True))
def test_workers_that_all_get_their_turns_end_up_even(count: int, chance: Random) -> None:
    """Whatever the order in which they look at a connection; the first that does not step back takes it."""
    workers = Workers(*[0] * count)
    for _ in range(100 * count):
        in_any_order = chance.sample(workers.all, count)
        next(worker for worker in in_any_order if not worker.must_step_back()).took()

    assert sum(workers.open()) == 100 * count
    assert max(workers.open()) / min(workers.open()) <= 1.25
