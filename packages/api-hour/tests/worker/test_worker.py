"""The worker as a Container and a hook see it."""

from api_hour.worker.worker import Worker


def test_it_has_what_gunicorns_has() -> None:
    worker = Worker(worker_id=3, pid=77)

    assert (worker.age, str(worker), worker.alive) == (3, "<Worker 77>", True)
    worker.notify()
    worker.begun_at_s = 1.0  # type: ignore[attr-defined]  # as hooks do
    assert {worker: 1}[worker] == 1


def test_it_is_stopped_once_by_being_alive_no_more() -> None:
    stops: list[int] = []
    worker = Worker(worker_id=1, pid=1, stop=lambda: stops.append(1))

    worker.alive = True
    assert stops == []
    worker.alive = False
    worker.alive = False

    assert not worker.alive
    assert stops == [1]
