"""The workers, as far as they are known: their phases, those that hold a place, those that are to be replaced.

Pure: the time comes in as an argument.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.reasons import KillReason, RetireReason

ENDING_LIMIT = 3  # for each worker that is wanted; while as many are ending, no replacement is started
STEADY_AFTER_S = 5.0  # a worker that has served this long did not fail when it ends


class Phase(Enum):
    """A phase of a worker's life."""

    BOOTING = "booting"
    SERVING = "serving"
    RETIRING = "retiring"
    CONDEMNED = "condemned"  # late; its stack is being dumped
    KILLED = "killed"


@dataclass(slots=True, kw_only=True)
class PoolWorker:
    """One worker process, from its start until it is gone.

    Attributes:
        options: those it was started with, and lives by: a reload changes nothing for it.
    """

    worker_id: int
    generation: int
    started_at_s: float
    options: WorkerOptions
    deadline_at_s: float | None  # of the phase; None for never
    request_limit: int = 0
    phase: Phase = Phase.BOOTING
    serving_since_s: float | None = None
    expires_at_s: float | None = None
    spent: RetireReason | None = None  # why it is to be replaced
    is_retired: bool = False  # it was asked to end, so it holds no place any more
    fault: KillReason | None = None  # why it is condemned

    def is_steady(self, now_s: float) -> bool:
        """Tell whether the worker has served long enough to be no part of a crash loop."""
        return self.serving_since_s is not None and now_s - self.serving_since_s >= STEADY_AFTER_S


@dataclass(slots=True)
class Pool:
    """All worker processes of one daemon, by their numbers.

    Attributes:
        generation: of the workers started from now on; those of an older one are stale.
        is_announced: whether all workers of the first start have served.
    """

    generation: int = 1
    is_announced: bool = False
    _workers: dict[int, PoolWorker] = field(default_factory=dict)

    def __iter__(self) -> Iterator[PoolWorker]:
        return iter(self._workers.values())

    def __len__(self) -> int:
        return len(self._workers)

    def add(self, worker: PoolWorker) -> None:
        """Take a new worker in."""
        self._workers[worker.worker_id] = worker

    def get(self, worker_id: int) -> PoolWorker | None:
        """Return a worker; None when it is not there (any more)."""
        return self._workers.get(worker_id)

    def pop(self, worker_id: int) -> PoolWorker | None:
        """Forget a worker that is gone."""
        return self._workers.pop(worker_id, None)

    def serving(self) -> list[PoolWorker]:
        """Return the workers that answer requests and were not asked to end."""
        return [worker for worker in self if worker.phase is Phase.SERVING]

    def holding(self) -> int:
        """Count the workers that hold a place: all but those that were asked to end."""
        return sum(not worker.is_retired for worker in self)

    def is_stale(self, worker: PoolWorker) -> bool:
        """Tell whether a worker is to be replaced."""
        return worker.spent is not None or self.is_old(worker)

    def is_old(self, worker: PoolWorker) -> bool:
        """Tell whether a worker is of an older generation."""
        return worker.generation < self.generation

    def wants_extra(self, workers: int) -> bool:
        """Tell whether a replacement is to be started: all of `workers` places are held, and a stale worker serves."""
        has_room = self.holding() == workers and len(self) - workers < ENDING_LIMIT * workers
        return has_room and any(map(self.is_stale, self.serving()))

    def surplus(self, workers: int) -> list[PoolWorker]:
        """Return what serves beyond `workers`: first what is stale, first what is old."""
        serving = sorted(
            self.serving(), key=lambda worker: (not self.is_stale(worker), worker.generation, worker.worker_id)
        )
        return serving[: max(0, len(serving) - workers)]

    def keep_old(self) -> int:
        """Take the workers of older generations for new ones, and return how many were not asked to end."""
        old = [worker for worker in self if self.is_old(worker)]
        for worker in old:
            worker.generation = self.generation
        return sum(not worker.is_retired for worker in old)
