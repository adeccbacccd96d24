"""Ctrl-C and SIGTERM while a load runs: the first ends it with a report, the second ends everything at once."""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from rush_hour.load.local.child import SIGNALS


class Interrupts:
    """Counts interrupts instead of raising at the first: a message that is just being read is read to its end.

    In another thread than the main one, where no handler can be set, nothing is changed.

    Attributes:
        count: how many there were.
    """

    def __init__(self) -> None:
        self.count = 0
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Begin to count."""
        self._read_fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._handlers[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Give the signals back to their former handlers."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._read_fd)
        os.close(self._write_fd)

    def fileno(self) -> int:
        """Return a descriptor that is readable when there was an interrupt."""
        return self._read_fd

    def clear(self) -> None:
        """Let the descriptor wait for the next one."""
        os.read(self._read_fd, 1)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            raise KeyboardInterrupt
        os.write(self._write_fd, b"\0")
