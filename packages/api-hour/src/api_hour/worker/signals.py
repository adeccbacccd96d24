"""Signals to a worker. Those that mean something to the supervisor mean nothing here, from the worker's first moment.

`systemctl kill`, and whoever signals a group, reaches every process of the daemon. The supervisor starts a worker with
these signals blocked, so that none ends it before it can pass over them.
"""

import faulthandler
import signal

from api_hour.worker.spec import STACK_SIGNAL

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
PASSED_OVER = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH)
IGNORED = (signal.SIGTTIN, signal.SIGTTOU)  # with a handler, a write to a terminal in `tostop` would never end
BLOCKED_AT_START = frozenset({STACK_SIGNAL, *PASSED_OVER, *IGNORED})


def pass_over(_number: int, _frame: object) -> None:
    """Do nothing. Unlike SIG_IGN it is not inherited by the programs that an application starts."""


def begin_signals(stack_fd: int) -> None:
    """Handle the signals of a worker that does not serve yet; those that tell it to stop end it.

    Args:
        stack_fd: where the interpreter writes its stack at STACK_SIGNAL.
    """
    faulthandler.register(STACK_SIGNAL, file=stack_fd, all_threads=True)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number in PASSED_OVER:
        signal.signal(number, pass_over)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_AT_START)
