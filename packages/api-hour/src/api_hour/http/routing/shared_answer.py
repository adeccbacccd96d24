"""A request that waits for an answer it shares with others.

Its handler is `coalesce`d, so it needs no coroutine and no task of its own: it waits in a batch, and when that was
executed, all of the batch are answered one right after the other.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from api_hour.coalesce import Coalesced
from api_hour.http.exchange.answers import fail, send_whole
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.message.request import Request


class SharedAnswer:
    """The place of one request in a batch: a Caller to those who execute, and Answering to its exchange.

    Args:
        handler: executes for all.
        exchange: the request's.
        request: the request. The handler is given that of the first of its batch.

    Raises:
        EngineUnavailable: too many wait.
        Exception: whatever the handler's key raises.
    """

    __slots__ = ("_batch", "_exchange", "_handler", "_is_done", "_on_done", "_request")

    _on_done: Callable[[Any], object]

    def __init__(self, handler: Coalesced[[Request], Any], exchange: Exchange, request: Request) -> None:
        self._handler = handler
        self._exchange = exchange
        self._request = request
        self._is_done = False
        self._batch = handler.join(self, request)

    # As those see it who execute.

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the exchange's loop."""
        return self._exchange.loop

    def done(self) -> bool:
        """Whether it is over."""
        return self._is_done

    def set_result(self, answer: Any, /) -> None:
        """Send what the handler returned."""
        try:
            if not send_whole(self._exchange, self._request, answer):
                raise TypeError("expected an answer whose body is whole, got one in pieces, which only one can read")  # noqa: TRY301
        except Exception as error:  # noqa: BLE001  # it is answered
            fail(self._exchange, self._request, error)
        self._end()

    def set_exception(self, error: BaseException, /) -> None:
        """Answer what the handler raised."""
        fail(self._exchange, self._request, error)
        self._end()

    # As its exchange sees it.

    def cancel(self) -> None:
        """Wait no longer, whoever wants it."""
        if not self._is_done:
            self._handler.leave(self._batch, self)
            self.set_exception(asyncio.CancelledError())

    def cancelled(self) -> bool:
        """Say no: that it was cancelled has been answered."""
        return False

    def exception(self) -> None:
        """Say that there is none: it has been answered."""

    def add_done_callback(self, callback: Callable[[Any], object], /, *, context: Context) -> None:  # noqa: ARG002
        """Have `callback(self)` called at the end, in the context of who ends it: an exchange needs none."""
        self._on_done = callback

    def _end(self) -> None:
        self._is_done = True
        self._on_done(self)
