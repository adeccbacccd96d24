"""The writing side of a ring.

Rules that must hold:

1. It never waits, makes no system call, and allocates nothing that stays.
2. No record is lost silently. Where the reader is so far behind that the ring is full, what is written is counted by
   its tag alone: the counts stay exact, the durations are missing, and `uncounted` says how many.
"""

import ctypes
import mmap
from collections.abc import Callable

from rush_hour.core.records import WORDS
from rush_hour.load.kernel import lock_buffer
from rush_hour.load.ring import HEADER_BYTES, NAME_BYTES, NAMES, OTHER, RECORD, RECORDS, Ring


class RingWriter:
    """The writing side.

    Attributes:
        write: takes three words and the tag of a record.
        uncounted: how often each tag came for which there was no room.
    """

    def __init__(self, ring: Ring) -> None:
        self._memory = ring.map()
        self._names: dict[str, int] = {}
        self.uncounted: dict[int, int] = {}
        self._touch()
        self.write = self._writer()

    def _touch(self) -> None:
        """Let every page be this process's own: a write to it is not the first."""
        for page in range(0, len(self._memory), mmap.PAGESIZE):
            self._memory[page] = 0

    def lock(self) -> bool:
        """Keep the kernel from taking the memory away, and return whether that is allowed."""
        return lock_buffer(ctypes.addressof(ctypes.c_char.from_buffer(self._memory)), len(self._memory))

    def _writer(self) -> Callable[[int, int, int, int], None]:
        """Return the function: a closure is called faster than a method, and this one for each request and answer."""
        records = memoryview(self._memory)[HEADER_BYTES:]
        tags = records.cast("q")[WORDS - 1 :: WORDS]
        pack_into, size, mask, uncounted = RECORD.pack_into, RECORD.size, RECORDS - 1, self.uncounted
        at = 0

        def write(first: int, second: int, third: int, tag: int) -> None:
            nonlocal at
            if tags[at]:
                uncounted[tag] = uncounted.get(tag, 0) + 1
                return
            pack_into(records, at * size, first, second, third, tag)
            at = (at + 1) & mask

        return write

    def number_of(self, name: str) -> int:
        """Return the number that stands for a name in a code, and make it known to the reader."""
        number = self._names.get(name)
        if number is None:
            number = len(self._names)
            if number >= NAMES - 1:
                name, number = OTHER, NAMES - 1
            self._names[name] = number
            encoded = name.encode()[: NAME_BYTES - 1]
            self._memory[number * NAME_BYTES : number * NAME_BYTES + len(encoded)] = encoded
        return number
