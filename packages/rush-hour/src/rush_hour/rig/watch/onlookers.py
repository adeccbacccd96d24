"""What looks on while a load is measured, beside the sampling of CPU time and memory."""

from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

from rush_hour.results.run import Run


class Onlooker(Protocol):
    """Something that looks on while the load is measured, and knows more of the run then.

    A context manager: what it needs is there from before the warm-up on, and gone afterwards.
    """

    def __enter__(self) -> Self:
        """Get ready."""

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def begin(self) -> None:
        """Look from now on."""

    def watch(self) -> None:
        """Called twice a second meanwhile, in the thread that called `begin`."""

    def end(self) -> None:
        """Look no more."""

    @property
    def cpu_s(self) -> float:
        """What processes of its own have used, in seconds."""

    def add_to(self, run: Run) -> Run:
        """Return the run with what was seen."""


class Onlookers:
    """Several that look on, as one."""

    def __init__(self, onlookers: Iterable[Onlooker]) -> None:
        self._onlookers = tuple(onlookers)
        self._looking: tuple[Onlooker, ...] = ()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Let all get ready."""
        with ExitStack() as stack:
            for onlooker in self._onlookers:
                stack.enter_context(onlooker)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Leave nothing of them behind."""
        self._stack.__exit__(_type, _error, _traceback)

    def begin(self) -> None:
        """Look from now on."""
        self._looking = self._onlookers
        for onlooker in self._looking:
            onlooker.begin()

    def watch(self) -> None:
        """Let those watch that look."""
        for onlooker in self._looking:
            onlooker.watch()

    def end(self) -> None:
        """Look no more."""
        looking, self._looking = self._looking, ()
        for onlooker in looking:
            onlooker.end()

    @property
    def cpu_s(self) -> float:
        """What processes of theirs have used, in seconds."""
        return sum(onlooker.cpu_s for onlooker in self._onlookers)

    def add_to(self, run: Run) -> Run:
        """Return the run with what all of them saw."""
        for onlooker in self._onlookers:
            run = onlooker.add_to(run)
        return run
