"""Opening a file to be sent. Everything here may wait for a disk: call it in a thread."""

import errno
import os
import stat
from dataclasses import dataclass

from api_hour.http.message.errors import HttpError

SMALL_BYTES = 64 * 1024  # a file up to this size is read while it is opened

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK  # a pipe is not waited for
_NOT_THERE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO, errno.ENODEV}
)


@dataclass(slots=True)
class OpenFile:
    """A regular file.

    Args:
        descriptor: open until `close`; -1 when all is read already.
        size_bytes: when it was opened.
        changed_at_ns: when it changed last, since 1970.
        content: all of it, if it is small; else None.
    """

    descriptor: int
    size_bytes: int
    changed_at_ns: int
    content: bytes | None

    def close(self) -> None:
        """Close it; again is no error."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()  # who opened it was cancelled, or its response was never sent


def open_file(path: str) -> OpenFile:
    """Open a regular file, and read it when it is small.

    Raises:
        HttpError: 404, it is not there, must not be read, or is no regular file.
    """
    try:
        return _look_at(os.open(path, _FLAGS))
    except OSError as error:
        raise _not_found(error) from error
    except ValueError as error:  # a NUL
        raise HttpError(404, "there is no such file") from error


def open_file_within(directory: str, names: list[str]) -> OpenFile:
    """Open a regular file that is below a directory, whatever symbolic links there are.

    Links are resolved first; what is found must be below the directory. It is then opened name by name without
    following links, so that nobody can put one there in between.

    Args:
        directory: may be a symbolic link.
        names: of the directories below it, and of the file.

    Raises:
        HttpError: 404, as `open_file`, or it is not below the directory.
    """
    root = os.path.realpath(directory)
    try:
        inside = os.path.relpath(os.path.realpath(os.path.join(root, *names)), root).split("/")  # noqa: PTH118  # strings
        if inside[0] in ("..", "."):
            raise HttpError(404, "there is no such file")
        return _look_at(_open_below(root, inside))
    except OSError as error:
        raise _not_found(error) from error
    except ValueError as error:  # a NUL
        raise HttpError(404, "there is no such file") from error


def _open_below(root: str, names: list[str]) -> int:
    """Open a file without following links below `root`."""
    directory = os.open(root, _FLAGS | os.O_DIRECTORY)
    try:
        for name in names[:-1]:
            inner = os.open(name, _FLAGS | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = inner
        return os.open(names[-1], _FLAGS | os.O_NOFOLLOW, dir_fd=directory)
    finally:
        os.close(directory)


def _look_at(descriptor: int) -> OpenFile:
    state = os.fstat(descriptor)
    opened = OpenFile(descriptor, state.st_size, state.st_mtime_ns, None)
    if not stat.S_ISREG(state.st_mode):
        raise HttpError(404, "there is no such file")
    if state.st_size <= SMALL_BYTES:
        opened.content = os.pread(descriptor, state.st_size, 0)
        opened.size_bytes = len(opened.content)
        opened.close()
    return opened


def _not_found(error: OSError) -> Exception:
    """Return what to raise: 404 when the file is at fault, the error itself when the system is."""
    return HttpError(404, "there is no such file") if error.errno in _NOT_THERE else error
