"""Forked children: what a process takes back in them, for they are not it.

A child by fork(2) has its parent's signal handlers, wake-up descriptor and sockets. Nothing of the daemon may act in
it: a signal to the child must not reach the parent, and what the parent closes must be closed. Programs that are
started (execve(2)) keep none of this by themselves.
"""

import os
import signal
import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_UNDO: list[Callable[[], None]] = []
_is_child = False


@contextmanager
def undone_in_children(undo: Callable[[], None]) -> Iterator[None]:
    """Have `undo` called in every child that is forked within the block, in the thread that is left there."""
    _UNDO.append(undo)
    try:
        yield
    finally:
        if undo in _UNDO:  # not in a child
            _UNDO.remove(undo)


def reset_signals(handlers: Collection[Any]) -> None:
    """Give every signal that one of `handlers` handles its default action, and wake nobody by signals any more."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) in handlers:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def give_up_descriptors(descriptors: Iterable[int]) -> None:
    """Let descriptors lead nowhere; -1 is passed over.

    They are not closed: an object that still has the number must not reach what gets it next.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        if descriptor >= 0:
            with suppress(OSError):  # closed meanwhile by whoever has it
                os.dup2(nowhere, descriptor, inheritable=False)
    os.close(nowhere)


class _Mask(threading.local):
    """The signals that a thread lets in when it does not fork."""

    former: Collection[int] | None = None


_MASK = _Mask()


def _before() -> None:
    """Hold signals back: one that comes to the child at once must find it without its parent's handlers."""
    if _UNDO:
        _MASK.former = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def _afterwards() -> None:
    former, _MASK.former = _MASK.former, None
    if former is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def ends_child(error: BaseException, loop: AbstractEventLoop) -> bool:
    """Tell whether this is a child that an exception such as `SystemExit` ends; then the loop will raise it.

    Args:
        error: what was raised where the parent answers for it, which a child must not.
        loop: the running loop. Not all of them let it through from where it was raised.
    """
    if not _is_child or isinstance(error, Exception):
        return False
    loop.call_soon(_raise, error)
    return True


def _raise(error: BaseException) -> None:
    raise error


def _in_child() -> None:
    global _is_child
    _is_child = _is_child or bool(_UNDO)
    undo = _UNDO[::-1]
    _UNDO.clear()
    try:
        for step in undo:
            step()
    finally:
        _afterwards()


os.register_at_fork(before=_before, after_in_parent=_afterwards, after_in_child=_in_child)
