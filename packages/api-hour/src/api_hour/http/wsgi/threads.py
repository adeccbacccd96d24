"""Threads that do one job after the other. They end with their process, whatever they do then."""

import threading
from collections.abc import Callable
from queue import SimpleQueue


class Threads:
    """Some threads.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"wsgi-{number}", daemon=True) for number in range(1, count + 1)
        ]
        for thread in self._threads:
            thread.start()

    def do(self, job: Callable[[], None]) -> None:
        """Have a job done as soon as a thread is free. It raises nothing."""
        self._jobs.put(job)

    def end(self) -> None:
        """Have each thread end when it has nothing to do."""
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # what it refers to is not kept until the next one
