"""The file in memory that a worker's interpreter writes its stack to when it is asked.

A file rather than a pipe: a pipe that is full would block a worker that dumps more than it holds. The two processes
share the file's offset, so it is only read at given positions.
"""

import os

LONGEST_STACK_BYTES = 256 * 1024


class StackFile:
    """One worker's stack file; the worker inherits `fd`."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("stack")

    def take(self) -> str:
        """Return what was written, and empty the file; an empty text when the worker gave nothing."""
        written = os.pread(self.fd, LONGEST_STACK_BYTES, 0)
        os.ftruncate(self.fd, 0)
        os.lseek(self.fd, 0, os.SEEK_SET)
        return written.decode(errors="replace").rstrip()

    def close(self) -> None:
        """Release the file."""
        os.close(self.fd)
