"""Signals to a worker: those that stop it, those that it passes over, and the one that asks for its stack."""

import faulthandler
import signal
from collections.abc import Callable
from types import FrameType

from api_hour.control.signals import BLOCKED_AT_START, IGNORED, PASSED_OVER, STACK_SIGNAL

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def pass_over(_number: int, _frame: object) -> None:
    """Do nothing. Unlike SIG_IGN it is not inherited by the programs that an application starts."""


def begin_signals(stack_fd: int) -> None:
    """Handle the signals of a worker that does not serve yet; those that tell it to stop end it.

    Args:
        stack_fd: where the interpreter writes its stack at STACK_SIGNAL.
    """
    write_stack_when_asked(stack_fd)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number in PASSED_OVER:
        signal.signal(number, pass_over)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_AT_START)


def write_stack_when_asked(stack_fd: int, *, then: Callable[[int, FrameType | None], None] | None = None) -> None:
    """Have the interpreter write its stack at STACK_SIGNAL.

    Args:
        stack_fd: where to.
        then: a signal handler, called in the main thread as soon as that runs Python code again.
    """
    if then is not None:
        faulthandler.unregister(STACK_SIGNAL)
        signal.signal(STACK_SIGNAL, then)
    faulthandler.register(STACK_SIGNAL, file=stack_fd, all_threads=True, chain=then is not None)
