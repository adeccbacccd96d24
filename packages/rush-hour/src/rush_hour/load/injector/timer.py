"""A timer with the resolution of the clock, as a descriptor for epoll: Linux's timerfd.

epoll's own timeout is rounded to a millisecond, which would be most of what a fast server's latency is. CPython has
`os.timerfd_create` only from 3.13 on, so this calls the C library.
"""

import ctypes
import os

_CLOCK_MONOTONIC = 1  # the clock of time.monotonic_ns
_TFD_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_TFD_TIMER_ABSTIME = 1

_libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the calls are too short to give up the interpreter's lock
_settime = _libc.timerfd_settime


class Timer:
    """A timer that makes its descriptor readable at a moment of `time.monotonic_ns`.

    Watched with EPOLLET it never needs to be read: each `arm` starts anew.
    """

    def __init__(self) -> None:
        self._fd = _libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._spec = (ctypes.c_long * 4)()  # struct itimerspec: interval s, interval ns, first s, first ns
        self._spec_address = ctypes.byref(self._spec)

    def fileno(self) -> int:
        """Return the descriptor."""
        return int(self._fd)

    def arm(self, at_ns: int) -> None:
        """Fire once at `at_ns`; at once when that has passed. Takes the place of any earlier call."""
        spec = self._spec
        spec[2], spec[3] = divmod(at_ns, 1_000_000_000)
        _settime(self._fd, _TFD_TIMER_ABSTIME, self._spec_address, None)

    def close(self) -> None:
        """Release the descriptor."""
        os.close(self._fd)
