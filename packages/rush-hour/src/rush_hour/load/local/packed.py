"""Something for several other processes: small things pickled, large bodies once in memory that all of them share."""

import mmap
import os
import pickle
from typing import Any


class Packed:
    """A value that is packed once, for every process that inherits its descriptors.

    Args:
        value: what can be pickled; buffers that it leaves out of the pickle (PEP 574) are shared.

    Attributes:
        fds: descriptors of the shared memory.
    """

    def __init__(self, value: object) -> None:
        self.fds: list[int] = []
        buffers: list[pickle.PickleBuffer] = []
        self._data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        for buffer in buffers:
            self._share(buffer.raw())

    def _share(self, view: memoryview) -> None:
        fd = os.memfd_create("rush-hour-body", os.MFD_CLOEXEC)
        self.fds.append(fd)
        while view:
            view = view[os.write(fd, view) :]

    def unpack(self) -> Any:
        """Return the value, in a process that has inherited the descriptors."""
        shared = [mmap.mmap(fd, 0, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, prot=mmap.PROT_READ) for fd in self.fds]
        return pickle.loads(self._data, buffers=[memoryview(memory) for memory in shared])  # noqa: S301  # our own

    def close(self) -> None:
        """Close the descriptors."""
        for fd in self.fds:
            os.close(fd)
