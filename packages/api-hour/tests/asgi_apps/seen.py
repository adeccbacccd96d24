"""What the applications of all frameworks have in common: what they stream, and what they note."""

import asyncio
from collections.abc import AsyncIterator

PIECES = [f"piece {number}\n".encode() for number in range(5)]

SEEN: list[str] = []


async def pieces() -> AsyncIterator[bytes]:
    """Yield a short answer."""
    for piece in PIECES:
        yield piece
        await asyncio.sleep(0)


async def forever() -> AsyncIterator[bytes]:
    """Yield an answer that ends when its client goes."""
    try:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)
    finally:
        SEEN.append("disconnected")


async def note() -> None:
    """Work in the background."""
    SEEN.append("background")


def fail() -> None:
    """Raise what nobody expects."""
    raise ZeroDivisionError("on purpose")
