"""The notebook of one process of the load generator: a ring of records in shared memory.

The loop writes records of a fixed size into memory that was there before the run (`injector/ring_writer.py`), and
another process takes them out and counts them (`local/ring_reader.py`). A record's tag is written last, and set to 0 by
the reader: there is nothing else that the two must agree on.

The memory is a memfd: it has no name, and is gone with the last process that holds it.
"""

import mmap
import os
from struct import Struct

from rush_hour.core.records import WORDS

RECORD = Struct(f"={WORDS}q")
RECORDS = 1 << 17  # 4 MiB: the lock limit of a user is often 8
HEADER_BYTES = mmap.PAGESIZE
NAME_BYTES = 64
NAMES = HEADER_BYTES // NAME_BYTES
OTHER = "other"  # the last name there is room for


class Ring:
    """The memory, in the process that made it or in one that inherited it.

    Attributes:
        fd: its descriptor.
    """

    def __init__(self, fd: int | None = None) -> None:
        if fd is None:
            fd = os.memfd_create("rush-hour-ring", os.MFD_CLOEXEC)
            os.ftruncate(fd, HEADER_BYTES + RECORDS * RECORD.size)
        self.fd = fd

    def map(self) -> mmap.mmap:
        """Return the memory; the descriptor is not needed any more."""
        return mmap.mmap(self.fd, HEADER_BYTES + RECORDS * RECORD.size, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.fd)
