"""Things that are lent to one borrower at a time: the last given back first, borrowers in the order of their coming.

Rules that must hold:

1. A thing is free, or lent to one borrower; nobody waits while one is free.
2. What a cancelled borrower was about to be given goes to the next.
3. Nobody waits longer than said, and no more than `waiting_limit` wait.

It knows neither what a thing is nor how it is made. One timer serves all who wait: who came first has waited longest.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class NoneFree(Exception):
    """Nothing could be lent; the message says why, if it is anything but that none came free in time.

    Attributes:
        waited_s: how long the borrower waited, in seconds.
    """

    def __init__(self, reason: str = "", *, waited_s: float = 0.0) -> None:
        super().__init__(reason)
        self.waited_s = waited_s


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter(Generic[Thing]):
    thing: asyncio.Future[Thing]
    asked_at_s: float
    until_s: float


class Pool(Generic[Thing]):
    """The things of one event loop, and who waits for them.

    Args:
        waiting_limit: how many may wait at a time.
    """

    def __init__(self, *, waiting_limit: int) -> None:
        self._waiting_limit = waiting_limit
        self._things: set[Thing] = set()
        self._free: list[Thing] = []
        self._waiters: deque[_Waiter[Thing]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_quiet: asyncio.Event | None = None  # while somebody waits for it

    @property
    def size(self) -> int:
        """Number of things."""
        return len(self._things)

    @property
    def lent(self) -> int:
        """Number of things that are not free."""
        return len(self._things) - len(self._free)

    @property
    def waiting(self) -> int:
        """Number of borrowers that wait."""
        return len(self._waiters)

    def add(self, thing: Thing) -> None:
        """Take in a new thing: it goes to who waits first, or is free."""
        self._things.add(thing)
        self.give_back(thing)

    def take(self) -> Thing | None:
        """Lend what was given back last; None if there is nothing."""
        return self._free.pop() if self._free else None

    async def wait(self, patience_s: float) -> Thing:
        """Wait for a thing, after `take` gave None.

        Raises:
            NoneFree: none came free in time, or too many wait already.
        """
        if patience_s <= 0.0:
            raise NoneFree
        if len(self._waiters) >= self._waiting_limit:
            raise NoneFree(f"{self._waiting_limit} callers wait already")
        loop = asyncio.get_running_loop()
        asked_at_s = loop.time()
        thing: asyncio.Future[Thing] = loop.create_future()
        waiter = _Waiter(thing, asked_at_s, asked_at_s + patience_s)
        self._waiters.append(waiter)
        if self._timer is None:
            self._timer = loop.call_at(waiter.until_s, self._expire, loop)
        try:
            return await thing
        except asyncio.CancelledError:
            self._forget(waiter)
            raise

    def give_back(self, thing: Thing) -> None:
        """Lend a thing to who waits first, or keep it free. One that was dropped meanwhile is not taken."""
        if thing not in self._things:
            return
        while self._waiters:
            waiter = self._waiters.popleft().thing
            if not waiter.done():
                waiter.set_result(thing)
                return
        self._free.append(thing)
        self._note_quiet()

    def drop(self, thing: Thing) -> bool:
        """Forget a thing, free or lent, and return whether it was known."""
        if thing not in self._things:
            return False
        self._things.remove(thing)
        with suppress(ValueError):
            self._free.remove(thing)
        self._note_quiet()
        return True

    def drop_free(self) -> list[Thing]:
        """Forget the things that are free, and return them."""
        dropped, self._free = self._free, []
        self._things.difference_update(dropped)
        return dropped

    def drop_all(self) -> list[Thing]:
        """Forget everything, free or lent, and return it."""
        dropped, self._things, self._free = [*self._things], set(), []
        return dropped

    def refuse_all(self, reason: str) -> None:
        """Tell everybody who waits that there will be nothing."""
        while self._waiters:
            self._refuse(self._waiters.popleft(), asyncio.get_running_loop().time(), reason)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def quiet(self) -> None:
        """Wait until nothing is lent."""
        if self.lent:
            self._is_quiet = asyncio.Event()
            await self._is_quiet.wait()

    def _note_quiet(self) -> None:
        if self._is_quiet is not None and not self.lent:
            self._is_quiet.set()

    def _forget(self, waiter: _Waiter[Thing]) -> None:
        """Let a cancelled borrower go; it may have been given something that it has not noticed."""
        if waiter.thing.cancelled():
            with suppress(ValueError):
                self._waiters.remove(waiter)
        elif waiter.thing.exception() is None:
            self.give_back(waiter.thing.result())

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse those whose time is over, and look again when the next one's is."""
        now_s = loop.time()
        while self._waiters and self._waiters[0].until_s <= now_s:
            self._refuse(self._waiters.popleft(), now_s, "")
        self._timer = loop.call_at(self._waiters[0].until_s, self._expire, loop) if self._waiters else None

    @staticmethod
    def _refuse(waiter: _Waiter[Thing], now_s: float, reason: str) -> None:
        if not waiter.thing.done():
            waiter.thing.set_exception(NoneFree(reason, waited_s=now_s - waiter.asked_at_s))
