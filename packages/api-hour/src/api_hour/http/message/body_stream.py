"""The body of one request, read by its handler as it comes, with back-pressure on the client."""

import asyncio
from typing import Protocol


class BodySource(Protocol):
    """The source of a body."""

    def want_body(self) -> None:
        """Let more of the body come."""

    def hold_body(self) -> None:
        """Let no more of the body come."""

    def let_body_go(self) -> None:
        """Let come what comes: this body is over."""


class BodyStream:
    """The part of a body that came and was not read yet.

    Args:
        source: is asked for more when there is nothing to read, and held when there is too much.
        limit_bytes: how much that is.
    """

    __slots__ = ("_error", "_is_whole", "_limit_bytes", "_pieces", "_size_bytes", "_source", "_waiter")

    def __init__(self, source: BodySource, limit_bytes: int) -> None:
        self._source: BodySource | None = source
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._is_whole = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._is_whole or self._error is not None

    @property
    def is_read(self) -> bool:
        """Whether the whole body came and was read."""
        return self._is_whole and not self._pieces

    def feed(self, pieces: list[bytes]) -> None:
        """Take what came."""
        self._pieces += pieces
        self._size_bytes += sum(map(len, pieces))
        if self._size_bytes > self._limit_bytes and self._source is not None:
            self._source.hold_body()
        self._wake()

    def end(self) -> None:
        """Take the end."""
        self._is_whole = True
        self._let_go()

    def fail(self, error: Exception) -> None:
        """Nothing more will come, and the body is not whole."""
        if not self.is_over:
            self._error = error
            self._let_go()

    async def read(self) -> bytes:
        """Return what came since the last call, or wait for something; empty at the end.

        Raises:
            Exception: what `fail` was given, once all that came before has been read.
        """
        if self._waiter is not None:
            raise RuntimeError("this body is being read by somebody else; one task may read it at a time.")
        while not self._pieces:
            if self._error is not None:
                raise self._error
            if self._is_whole or self._source is None:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            self._source.want_body()
            try:
                await self._waiter
            finally:
                self._waiter = None
        pieces, self._pieces, self._size_bytes = self._pieces, [], 0
        if self._source is not None:
            self._source.want_body()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _let_go(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.let_body_go()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
