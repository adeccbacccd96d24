"""The pid file: who wrote it holds a lock on it as long as it lives, so a file that is left behind deceives nobody.

The lock (flock(2)) goes with the process, however it ends, and process ids that are used again do not matter. A
successor replaces the file by one of its own. The file belongs to the supervisor's user also when the workers run as
another: who may write it decides which process `api_hour stop` ends.
"""

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from api_hour.errors import ControlError, StartError

FILE_MODE = 0o644


class PidFile:
    """The pid file of this process; a context manager that removes it if it is still ours.

    Args:
        path: where; None for nowhere.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = None if path is None else path.absolute()
        self._fd: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._path is None or self._fd is None:
            return
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._fd), self._path.stat()):
                self._path.unlink()
        os.close(self._fd)
        self._fd = None

    def write(self) -> None:
        """Write the file, in the place of one that was left behind.

        Raises:
            StartError: a living daemon holds it, it is no pid file, or it cannot be written.
        """
        if self._path is None:
            return
        try:
            old_pid = running_pid(self._path)
        except ControlError as error:
            raise StartError(f"--pid: {error} Choose another file, or remove this one.") from error
        except OSError as error:
            raise StartError(f"--pid {self._path}: it cannot be read: {error.strerror}.") from error
        if old_pid is not None:
            raise StartError(
                f"--pid {self._path}: the daemon with process id {old_pid} holds it; "
                "stop that one or choose another file."
            )
        self.replace()

    def replace(self) -> None:
        """Write the file, also over one that a living daemon holds: our predecessor. Nothing happens if it is ours.

        Raises:
            StartError: it cannot be written.
        """
        if self._path is None or self._fd is not None:
            return
        new_path = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            new_path.unlink(missing_ok=True)
            self._fd = _write_locked(new_path)
            new_path.replace(self._path)
        except OSError as error:
            new_path.unlink(missing_ok=True)
            raise StartError(f"--pid {self._path}: it cannot be written: {error.strerror}.") from error


def _write_locked(path: Path) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    fcntl.flock(fd, fcntl.LOCK_EX)
    os.write(fd, f"{os.getpid()}\n".encode())
    return fd


def running_pid(path: Path) -> int | None:
    """Return the process id of the living daemon that holds a pid file; None when there is none.

    Raises:
        ControlError: the file holds something else, so it is no pid file.
        OSError: it cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        content = os.read(fd, 32).strip()
        if not (content.isdigit() or content == b""):
            raise ControlError(f"expected a process id in {path}, found {content!r}.")
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(content)
        return None
    finally:
        os.close(fd)


def signal_daemon(path: Path, number: signal.Signals) -> int:
    """Send a signal to the daemon that holds a pid file, and return a descriptor of its process (pidfd_open(2)).

    Raises:
        ControlError: no daemon holds the file, or this process may not signal it.
    """
    try:
        pid = running_pid(path)
        if pid is None:
            raise ControlError(f"no daemon runs that holds {path}; nothing was done.")
        pid_fd = os.pidfd_open(pid)
        if running_pid(path) != pid:  # it has ended in between, and the number may be another's now
            os.close(pid_fd)
            raise ControlError(f"the daemon that held {path} has just ended; nothing was done.")
    except OSError as error:
        raise ControlError(f"{path}: {error.strerror}; nothing was done.") from error
    try:
        signal.pidfd_send_signal(pid_fd, number)
    except OSError as error:
        os.close(pid_fd)
        raise ControlError(f"the daemon with process id {pid} cannot be signalled: {error.strerror}.") from error
    return pid_fd
