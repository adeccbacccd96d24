"""A connection handled by a coroutine function with a StreamReader and a StreamWriter.

When its worker ends, the handler is told as it is told that the client has sent all: what it reads ends. What it has
read before it may answer, and the connection is closed when it returns. A handler that never reads learns it from
`container.retiring`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

LOG = logging.getLogger("api_hour.worker")

StreamHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class StreamConnection(asyncio.StreamReaderProtocol):
    """One connection and the run of its handler.

    Args:
        handler: is called once, with the connection's two streams.
        loop: the worker's event loop.
    """

    def __init__(self, handler: StreamHandler, loop: asyncio.AbstractEventLoop) -> None:
        self._input = asyncio.StreamReader(loop=loop)
        super().__init__(self._input, self._run, loop=loop)
        self._handler = handler
        self._running: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._is_ending = False
        self._is_aborted = False

    def data_received(self, data: bytes) -> None:
        """Pass data on, until the end."""
        if not self._is_ending:
            super().data_received(data)

    def begin_shutdown(self) -> None:
        """End the handler's input; close the connection when the handler has returned."""
        self._is_ending = True
        self._input.feed_eof()
        self._close_when_done()

    def abort(self) -> None:
        """Stop the handler and cut the connection."""
        self._is_aborted = True
        if self._running is not None:
            self._running.cancel()
        if self._writer is not None:
            self._writer.transport.abort()

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._running, self._writer = asyncio.current_task(), writer
        try:
            await self._handler(reader, writer)
        except asyncio.CancelledError:
            if not self._is_aborted:
                raise
        except ConnectionError as error:
            LOG.debug("a client went away: %s", error)
        except BaseException:
            LOG.exception("%r failed; its connection is closed", self._handler)
            writer.close()
        finally:
            self._running = None
            self._close_when_done()

    def _close_when_done(self) -> None:
        if self._is_ending and self._running is None and self._writer is not None:
            self._writer.close()
