"""Something has happened: everybody who waits looks again."""

import asyncio


class News:
    """Those who wait for something to happen."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def tell(self) -> None:
        """Have all who wait look again."""
        self._event.set()
        self._event.clear()

    async def wait(self) -> None:
        """Wait for what happens next."""
        await self._event.wait()
