"""The reading side of a ring: records out of the shared memory, in bulk."""

import numpy as np

from rush_hour.core.counting import Records
from rush_hour.core.records import WORDS
from rush_hour.load.ring import HEADER_BYTES, NAME_BYTES, NAMES, RECORDS, Ring


class RingReader:
    """The reading side."""

    def __init__(self, ring: Ring) -> None:
        self._memory = ring.map()
        words = np.frombuffer(self._memory, dtype=np.int64, offset=HEADER_BYTES)
        self._records: Records = words.reshape(RECORDS, WORDS)
        self._at = 0

    def take(self) -> Records:
        """Return what has been written since, and make room; at most up to the end of the memory."""
        tags = self._records[self._at :, WORDS - 1]
        count, block = 0, 256
        while count < len(tags) and tags[count]:
            empty = np.flatnonzero(tags[count : count + block] == 0)
            count = count + int(empty[0]) if len(empty) else min(count + block, len(tags))
            block *= 2
        taken = self._records[self._at : self._at + count].copy()
        tags[:count] = 0
        self._at = (self._at + count) % RECORDS
        return taken

    def names(self) -> dict[int, str]:
        """Return the names by their numbers."""
        slots = (bytes(self._memory[number * NAME_BYTES : (number + 1) * NAME_BYTES]) for number in range(NAMES))
        return {number: slot.rstrip(b"\0").decode(errors="replace") for number, slot in enumerate(slots) if slot[0]}
