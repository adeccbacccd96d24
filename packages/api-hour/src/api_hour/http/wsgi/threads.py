"""Threads that do one job after the other. They end with their process, whatever they do then."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic

Job = Callable[[], bool]

END_S = 0.2  # for threads that have nothing to do; others are not waited for
REPLACED_TIMES = 16  # each thread may be given up as often while those that were go on; more would fill the memory


class Threads:
    """Some threads.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        for _ in range(count):
            self._start()

    def do(self, job: Job) -> None:
        """Have a job done as soon as a thread is free.

        Args:
            job: raises nothing, and tells whether its thread is to do more.
        """
        self._jobs.put(job)

    def replace_one(self) -> bool:
        """Have one more thread in the place of one that is to do no more; False when too many were replaced already."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) > self._count * REPLACED_TIMES:
            return False
        self._start()
        return True

    def end(self) -> None:
        """Have each thread end when it has nothing to do; those that have nothing now end before this returns."""
        for _ in range(self._count):
            self._jobs.put(None)
        end_at_s = monotonic() + END_S
        for thread in self._threads:
            thread.join(max(0.0, end_at_s - monotonic()))

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name=f"wsgi-{len(self._threads) + 1}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        goes_on = True
        while goes_on and (job := self._jobs.get()) is not None:
            goes_on = job()
            del job  # what it refers to is not kept until the next one
