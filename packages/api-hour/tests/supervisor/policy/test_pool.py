"""What is known of the workers."""

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.pool import ENDING_LIMIT, STEADY_AFTER_S, Phase, Pool, PoolWorker
from api_hour.supervisor.policy.reasons import RetireReason

MEMORY = RetireReason.MEMORY


def worker(
    worker_id: int, phase: Phase = Phase.SERVING, *, generation: int = 1, spent: RetireReason | None = None
) -> PoolWorker:
    return PoolWorker(
        worker_id=worker_id,
        generation=generation,
        started_at_s=0.0,
        options=WorkerOptions(),
        deadline_at_s=None,
        phase=phase,
        spent=spent,
        is_retired=phase is Phase.RETIRING,
    )


def pool_of(*workers: PoolWorker, generation: int = 1) -> Pool:
    pool = Pool(generation=generation)
    for one in workers:
        pool.add(one)
    return pool


def numbers(workers: list[PoolWorker]) -> list[int]:
    return [one.worker_id for one in workers]


def test_a_worker_is_steady_when_it_has_served_for_a_while() -> None:
    one = worker(1)
    assert not one.is_steady(1000.0)

    one.serving_since_s = 10.0

    assert not one.is_steady(10.0 + STEADY_AFTER_S - 0.001)
    assert one.is_steady(10.0 + STEADY_AFTER_S)


def test_workers_come_and_go() -> None:
    one = worker(1)
    pool = pool_of(one, worker(2))

    assert len(pool) == 2
    assert pool.get(1) is one
    assert pool.pop(1) is one
    assert pool.get(1) is None
    assert pool.pop(1) is None
    assert numbers(list(pool)) == [2]


def test_every_worker_holds_a_place_until_it_is_asked_to_end() -> None:
    pool = pool_of(*(worker(number, phase) for number, phase in enumerate(Phase, start=1)))

    assert pool.holding() == len(Phase) - 1
    assert numbers(pool.serving()) == [2]


def test_a_replacement_is_wanted_when_all_places_are_held_and_a_worker_that_serves_is_stale() -> None:
    assert pool_of(worker(1, spent=MEMORY), worker(2)).wants_extra(2)
    assert pool_of(worker(1, generation=1), worker(2, generation=2), generation=2).wants_extra(2)
    assert not pool_of(worker(1), worker(2)).wants_extra(2)
    assert not pool_of(worker(1, Phase.BOOTING, spent=MEMORY), worker(2)).wants_extra(2)
    assert not pool_of(worker(1, spent=MEMORY), worker(2), worker(3)).wants_extra(2)


def test_a_replacement_waits_while_many_workers_are_ending() -> None:
    workers = [
        worker(1, spent=MEMORY),
        *(worker(number, Phase.RETIRING) for number in range(2, ENDING_LIMIT + 2)),
    ]

    assert not pool_of(*workers).wants_extra(1)
    assert pool_of(*workers[:-1]).wants_extra(1)


def test_the_surplus_is_first_what_is_stale_and_then_what_is_old() -> None:
    pool = pool_of(
        worker(1, generation=2),
        worker(2, generation=2, spent=MEMORY),
        worker(3, generation=1),
        worker(4, generation=2),
        generation=2,
    )

    assert numbers(pool.surplus(0)) == [3, 2, 1, 4]
    assert numbers(pool.surplus(3)) == [3]
    assert numbers(pool.surplus(4)) == []
    assert numbers(pool.surplus(5)) == []


def test_old_workers_may_be_kept() -> None:
    pool = pool_of(
        worker(1, generation=1),
        worker(2, generation=3),
        worker(3, generation=2),
        worker(4, Phase.RETIRING, generation=1),
        generation=3,
    )

    assert pool.keep_old() == 2  # one was asked to end
    assert {one.generation for one in pool} == {3}
