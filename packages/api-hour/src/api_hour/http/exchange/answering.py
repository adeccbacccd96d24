"""A request that is being answered, as its exchange sees it."""

from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol


class Answering(Protocol):
    """The work on a request: the task of its handler, or a place among those who wait for a shared answer."""

    def cancel(self) -> object:
        """End it; the connection may be cut already."""

    def cancelled(self) -> bool:
        """Whether it was cancelled."""

    def exception(self) -> BaseException | None:
        """The exception that it raised."""

    def add_done_callback(self, callback: Callable[[Any], object], /, *, context: Context) -> None:
        """Have `callback(self)` called at its end."""
