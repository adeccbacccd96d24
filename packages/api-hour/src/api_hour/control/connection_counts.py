"""The counts of open connections of each worker: numbers in memory that all processes of a daemon share.

The supervisor makes the memory and gives each worker a slot of its own. A worker writes into its slot alone and reads
all of them; the supervisor frees the slot when the process has ended, however it ended. So what a dead worker had never
counts. Each number is written by one process and is one aligned machine word: no lock is needed.

Knows nothing of sockets and decides nothing: `balance.py` does.
"""

import mmap
import os

SLOTS = 1024  # for workers that serve, come up and retire at the same time
NOT_SERVING = 2**64 - 1
WORD_BYTES = 8
_OPEN = 1  # after the number of slots to look at: one word for each slot's open connections,
_TAKEN = _OPEN + SLOTS  # and one for each slot's connections ever taken
_SIZE_BYTES = WORD_BYTES * (_TAKEN + SLOTS)


def make_shared_memory() -> int:
    """Return the descriptor of new memory for the counts; it is inherited only by who is passed it."""
    fd = os.memfd_create("api_hour-connections")
    os.ftruncate(fd, _SIZE_BYTES)
    return fd


class ConnectionCounts:
    """The counts, as every process sees them.

    Args:
        fd: what `make_shared_memory` returned, here or in the supervisor; it may be closed afterwards.
    """

    def __init__(self, fd: int) -> None:
        self._words = memoryview(mmap.mmap(fd, _SIZE_BYTES)).cast("Q")
        self.open = self._words[_OPEN:_TAKEN]
        self.taken = self._words[_TAKEN:]

    @classmethod
    def unshared(cls) -> "ConnectionCounts":
        """Return counts that this process keeps to itself, without slots."""
        return cls(-1)

    @property
    def slots_in_use(self) -> int:
        """No slot from this number on is anyone's."""
        return self._words[0]

    def least(self) -> int:
        """Return the fewest connections of a worker that serves; NOT_SERVING when none does."""
        return min(self.open[: self._words[0]], default=NOT_SERVING)


class Slots:
    """Which slot is whose: the supervisor's book.

    Args:
        counts: where the slots are.
    """

    def __init__(self, counts: ConnectionCounts) -> None:
        self._counts = counts
        self._owned: set[int] = set()

    def take(self) -> int | None:
        """Return a free slot; None when there is none: that worker serves without being counted."""
        slot = next((slot for slot in range(SLOTS) if slot not in self._owned), None)
        if slot is not None:
            self._owned.add(slot)
            self._clear(slot)
        return slot

    def free(self, slot: int | None) -> None:
        """Take a slot back from a worker that has ended."""
        if slot is not None:
            self._owned.remove(slot)
            self._clear(slot)

    def _clear(self, slot: int) -> None:
        """Nobody serves from this slot; it is cleared before it can be looked at."""
        self._counts.open[slot] = NOT_SERVING
        self._counts.taken[slot] = 0
        self._counts._words[0] = max(self._owned, default=-1) + 1  # noqa: SLF001  # the two are one book
