"""Descriptors 0, 1 and 2: they are the daemon's, whoever started it.

One that was closed would be given to the next file or socket, and what is printed would go there. So they are opened
first of all, on /dev/null; everything that is started here inherits them.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

STANDARD = (0, 1, 2)
LOG_FILE_MODE = 0o644


def hold_standard_descriptors() -> None:
    """Open those that are closed, and give the interpreter's streams back that were not there."""
    while (fd := os.open(os.devnull, os.O_RDWR)) in STANDARD:
        os.set_inheritable(fd, True)
    os.close(fd)
    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(fd, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def lead_to_log(log_file: Path | None) -> None:
    """Let this process read nothing, and let what it writes go to a file; None for nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    log = nothing if log_file is None else _open(log_file)
    os.dup2(nothing, 0)
    lead_output_to(log)
    for fd in {nothing, log} - set(STANDARD):
        os.close(fd)


def lead_output_to(fd: int) -> None:
    """Let what this process writes, and the interpreter, and what it starts, go to a descriptor."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it is none, or closed, or what it holds is lost
            stream.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)


def follow_log(log_file: Path) -> bool:
    """Let what this process writes go to the file that has this name now; tell whether it is another."""
    fd = _open(log_file)
    try:
        if os.path.samestat(os.fstat(fd), os.fstat(2)):
            return False
        lead_output_to(fd)
        return True
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, LOG_FILE_MODE)
