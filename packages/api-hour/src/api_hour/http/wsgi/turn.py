"""The turn to call an application that answers one request at a time."""

import asyncio
from collections import deque


class Turn:
    """Whose turn it is; those who wait get it in the order in which they came.

    Attributes:
        is_taken: whether it is somebody's.
    """

    def __init__(self) -> None:
        self.is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> None:
        """Take it; it must be nobody's."""
        assert not self.is_taken
        self.is_taken = True

    async def wait(self) -> None:
        """Take it when it is free."""
        if not self.is_taken:
            self.is_taken = True
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.give_up()
            raise

    def give_up(self) -> None:
        """Give it to the one who has waited longest."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self.is_taken = False
