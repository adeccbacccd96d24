"""The time in which an answer is made piece by piece: it can be ended from outside.

Whoever makes the pieces may wait for something that never comes, so it is cancelled where it waits, as a time limit
does (`asyncio.timeout`), and cleans up as for any cancellation.
"""

import asyncio
from types import TracebackType
from typing import Protocol, Self

from api_hour.http.message.errors import ClientGone


class Stream(Protocol):
    """An answer that is sent piece by piece."""

    @property
    def has_known_end(self) -> bool:
        """Whether its length is known, so that it is worth waiting for."""

    def end(self) -> None:
        """Have it end: its client is gone, or the worker waits for it no longer."""


class StreamScope:
    """Ends what the current task does inside `with`.

    Args:
        has_known_end: whether the answer's length is known, so that it is worth waiting for.

    Raises:
        ClientGone: it was ended.
    """

    __slots__ = ("_cancelling", "_is_ended", "_task", "has_known_end")

    _task: "asyncio.Task[object]"

    def __init__(self, *, has_known_end: bool) -> None:
        self.has_known_end = has_known_end
        self._is_ended = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "a stream is sent within a task"
        self._task = task
        self._cancelling = task.cancelling()
        return self

    def end(self) -> None:
        """End it."""
        if not self._is_ended:
            self._is_ended = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if self._is_ended:
            others = self._task.uncancel() > self._cancelling
            if not others and kind is not None and issubclass(kind, asyncio.CancelledError):
                raise ClientGone("nobody waits for the rest of the answer") from error
