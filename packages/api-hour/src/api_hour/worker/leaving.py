"""The end of a worker's process: all that the interpreter does at its end, but taking itself apart.

To free every object of a large application one by one takes seconds, in which the worker does nothing for anybody; the
kernel takes the memory back at once. So the process ends by `os._exit` when these are done, in the interpreter's order:
threads that are no daemons have ended, callbacks of `atexit` have run (`logging.shutdown`, the finalizers of
`multiprocessing`, `weakref.finalize` and thereby temporary directories, coverage's data), and files are written out,
also those that nobody has closed. What is left out is `__del__` of objects that are still there, as Python allows.
"""

import atexit
import fcntl
import gc
import io
import os
import sys
import threading
from contextlib import suppress
from itertools import compress
from pathlib import Path
from typing import Any, NoReturn

from api_hour.log.outlet import outlet_descriptors
from api_hour.process.standard_descriptors import STANDARD

WRITERS = frozenset({io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom})


def leave(code: int, *, waits_for_threads: bool) -> NoReturn:
    """End this process.

    Args:
        code: the exit code.
        waits_for_threads: whether threads that are no daemons are waited for.
    """
    if waits_for_threads:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  # as multiprocessing does in its processes
    atexit._run_exitfuncs()  # noqa: SLF001  # there is no public name, and no other way to run them all
    for stream in (sys.stdout, sys.stderr):
        _write_out(stream)
    if _has_open_file():
        objects = gc.get_objects()  # of which there may be millions: a second or more to look at
        for file in compress(objects, map(WRITERS.__contains__, map(type, objects))):
            _write_out(file)
    os._exit(code)


def _has_open_file() -> bool:
    """Tell whether a file on disk is open for writing that is not a log's, whose lines are written out already."""
    passed_over = {*STANDARD, *outlet_descriptors()}
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it is the descriptor of this very loop
            place = entry.readlink()
            is_file = place.is_absolute() and not str(place).startswith(("/dev/", "/memfd:", "/proc/"))
            if is_file and int(entry.name) not in passed_over and _is_written(int(entry.name)):
                return True
    return False


def _is_written(fd: int) -> bool:
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY


def _write_out(file: Any) -> None:
    with suppress(Exception):  # it is closed, or cannot be written to: nobody is left to hear of it
        file.flush()
