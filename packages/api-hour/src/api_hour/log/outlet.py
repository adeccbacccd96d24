"""A descriptor or a file that takes lines, so that nobody waits for whoever reads them.

A pipe, a terminal or a socket may be one that nobody reads. A thread writes to those: who has a line waits for a moment
until it is written, so that lines stay in order and none is missing when the process falls; when it takes longer,
nobody waits any more. Lines are then kept up to a limit, and those above it are counted. Files are written to at once.
"""

import os
import select
import stat
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from weakref import WeakSet

KEPT_BYTES = 1 << 20
PATIENCE_S = 0.05  # for a line to be written, until it is clear that nobody reads
LAST_PATIENCE_S = 0.3  # at the end of the process, which nobody is to hold up
FILE_MODE = 0o666

_OUTLETS: "WeakSet[Outlet]" = WeakSet()


class Outlet:
    """A descriptor or a file that takes lines.

    Args:
        descriptor: where to; whoever gives it keeps it.
        path: a file instead. It may be moved away: a new one is begun.
        on_lost: takes how many lines were lost, when lines are written again; called in the thread that writes.
        on_moved: takes the descriptor of a file that was begun anew.

    Attributes:
        path: as above.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(
        self,
        descriptor: int = -1,
        *,
        path: Path | str | None = None,
        on_lost: Callable[[int], None] = lambda _: None,
        on_moved: Callable[[int], None] | None = None,
    ) -> None:
        self.path = path
        self._fd = descriptor if path is None else _open(path)
        self._is_direct = not _may_stall(self._fd)
        self._on_lost = on_lost
        self._on_moved = on_moved
        self._is_stalled = False
        self._begin()
        _OUTLETS.add(self)

    def write(self, data: bytes, *, lines: int = 1, patience_s: float = PATIENCE_S) -> None:
        """Take whole lines.

        Args:
            data: the lines.
            lines: how many they are.
            patience_s: how long they may take to be written before the caller goes on, in seconds.

        Raises:
            OSError: a file cannot be written to.
        """
        if self._is_direct:
            self._reopen_if_moved()
            write_all(self._fd, data)
            return
        with self._changed:
            if self._kept_bytes + len(data) > KEPT_BYTES:
                self._lost += lines
                return
            self._kept.append((data, lines))
            self._kept_bytes += len(data)
            self._begin_thread()
            self._changed.notify_all()
            if not self._is_stalled:
                self._is_stalled = not self._wait(patience_s) and patience_s > 0

    def flush(self, patience_s: float = LAST_PATIENCE_S) -> None:
        """Wait until all is written, or the time is up."""
        if not self._is_direct:
            with self._changed:
                self._wait(patience_s)

    @property
    def descriptor(self) -> int:
        """Where lines go now."""
        return self._fd

    def close(self) -> None:
        """Write what is kept, if it can be written, and let go of the file; nothing more is taken."""
        self.flush()
        if self.path is not None and self._thread is None:
            os.close(self._fd)

    def be_alone(self) -> None:
        """Go on in a forked child: without the thread, which it does not have, and its parent's lines."""
        self._begin()
        self._is_direct = True

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._kept: deque[tuple[bytes, int]] = deque()
        self._kept_bytes = 0
        self._lost = 0
        self._is_stalled = False
        self._thread: threading.Thread | None = None

    def _wait(self, patience_s: float) -> bool:
        if threading.current_thread() is self._thread:
            return True  # it says what was lost
        return self._changed.wait_for(lambda: not self._kept, patience_s)

    def _begin_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="api_hour lines", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._kept))
                data, lines = self._kept[0]
            lost = self._write_kept(data, lines)
            if lost:
                self._on_lost(lost)

    def _write_kept(self, data: bytes, lines: int) -> int:
        """Write what was taken first; return how many lines were lost, once there is room again."""
        is_written = True
        try:
            self._reopen_if_moved()
            write_all(self._fd, data)
        except OSError:  # whoever reads is gone
            is_written = False
        with self._changed:
            self._kept.popleft()
            self._kept_bytes -= len(data)
            if not is_written:
                self._lost += lines
            if self._kept:
                return 0
            self._is_stalled = False
            self._changed.notify_all()
            if is_written:
                lost, self._lost = self._lost, 0
                return lost
        return 0

    def _reopen_if_moved(self) -> None:
        if self.path is None:
            return
        try:
            if os.path.samestat(os.fstat(self._fd), Path(self.path).stat()):
                return
        except FileNotFoundError:
            pass
        fd = _open(self.path)
        os.close(self._fd)
        self._fd = fd
        if self._on_moved is not None:
            self._on_moved(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: it cannot be written.
    """
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:  # somebody who shares the descriptor has set it so
            select.select([], [fd], [])


def outlet_descriptors() -> set[int]:
    """Return the descriptors of all outlets of this process."""
    return {outlet.descriptor for outlet in _OUTLETS}


def _open(path: Path | str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)


def _may_stall(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd)


def _in_child() -> None:
    for outlet in _OUTLETS:
        outlet.be_alone()


os.register_at_fork(after_in_child=_in_child)
