"""The files that a user asked for: whole or not at all, wherever they are to go.

A link is followed, and what it points to is replaced. A pipe or device is written to, and its reader sees nothing
before. `/dev/stdout` is the standard output that there is already, and not the file behind it.
"""

import errno
import os
import re
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rush_hour.errors import OutputLost, UsageError

READER_TIMEOUT_S = 10.0
POLL_S = 0.02
_DESCRIPTOR = re.compile(r"/dev/fd/(\d+)|/proc/self/fd/(\d+)")
_NAMED_DESCRIPTORS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def check_files(written: Mapping[str, Path], read: Mapping[str, Path]) -> None:
    """Make sure before a run that files can be written, each beside the others and all that is read; change nothing.

    Pipes and devices may be named twice: what is written there replaces nothing.

    Args:
        written: by the options that name them.
        read: by the arguments and options that name them.

    Raises:
        UsageError: one cannot be written, or would take the place of another.
    """
    taken = {path.resolve(): name for name, path in read.items()}
    for name, path in written.items():
        check_writable(path)
        if _descriptor_of(path) is not None or _is_stream(path):
            continue
        other = taken.setdefault(path.resolve(), name)
        if other != name:
            raise UsageError(f"{name}: expected another file than that of {other}, got {str(path)!r}.")


def check_writable(path: Path) -> None:
    """Make sure before a run that a file can be written, and change nothing.

    Raises:
        UsageError: it cannot.
    """
    if path.is_dir():
        raise UsageError(f"{path}: expected a file for the result, got a directory.")
    try:
        if (descriptor := _descriptor_of(path)) is not None:
            os.fstat(descriptor)
        elif _is_stream(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            unfinished = _unfinished(path)
            unfinished.touch()
            unfinished.unlink()
    except (OSError, RuntimeError) as error:  # the second: a link that leads to itself
        raise UsageError(_message(path, error)) from error


def write_output(path: Path, data: bytes) -> None:
    """Write a file; an earlier one is replaced when all is written.

    Args:
        path: the file, or a pipe or device; a named pipe may take 10 s to find a reader.
        data: all of it.

    Raises:
        OutputLost: it could not be written.
    """
    try:
        if (descriptor := _descriptor_of(path)) is not None:
            sys.stdout.flush()
            _write(os.dup(descriptor), data)
        elif _is_stream(path):
            _write(_open_stream(path), data)
        else:
            _replace(path, data)
    except (OSError, RuntimeError) as error:
        raise OutputLost(_message(path, error)) from error


def _replace(path: Path, data: bytes) -> None:
    unfinished = _unfinished(path)
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path.resolve())
    finally:
        with suppress(OSError):  # it has become the file, or could not even be made
            unfinished.unlink()


def _write(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb") as stream:  # a descriptor has no path
        stream.write(data)


def _open_stream(path: Path) -> int:
    """Open a pipe or device for writing; not without a limit for a reader, as a plain open of a pipe would wait."""
    give_up_at_s = time.monotonic() + READER_TIMEOUT_S
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() >= give_up_at_s:
                raise
            time.sleep(POLL_S)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


def _is_stream(path: Path) -> bool:
    """Whether there is something that a file must not take the place of."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _descriptor_of(path: Path) -> int | None:
    if str(path) in _NAMED_DESCRIPTORS:
        return _NAMED_DESCRIPTORS[str(path)]
    match = _DESCRIPTOR.fullmatch(str(path))
    return None if match is None else int(match[1] or match[2])


def _unfinished(path: Path) -> Path:
    """Return where a file is written until it is whole: nobody else's, though two commands write it at once."""
    target = path.resolve()
    return target.with_name(f"{target.name}.{os.getpid()}.unfinished")


def _message(path: Path, error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENXIO:
        return f"{path}: the result cannot be written: nobody reads from this pipe."
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"{path}: the result cannot be written: {reason}."
