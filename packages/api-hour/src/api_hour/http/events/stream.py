"""Server-sent events: a response that goes on for as long as there are events.

Rules that must hold: a comment is sent when nothing has happened for a while, so that proxies keep the connection and a
client that is gone is noticed; and the stream ends when the worker is to end, so that clients come back to another one.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass

from api_hour.http.events.event import PING, ServerSentEvent
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

PING_INTERVAL_S = 15.0

Event = ServerSentEvent | str


def event_stream(
    request: Request,
    events: AsyncIterable[Event],
    *,
    ping_interval_s: float = PING_INTERVAL_S,
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    """Answer with events as they come; text is the data of one.

    Args:
        request: whose `Last-Event-ID` header says what a client that comes back has seen. The stream ends with its
            worker.
        events: an asynchronous generator is closed at the end.
        ping_interval_s: after how long without an event a comment is sent.
        headers: more headers.
    """
    body = _EventBody(request, events, ping_interval_s)
    return Response(body, content_type="text/event-stream", headers=[("Cache-Control", "no-store"), *headers])


class _EventBody:
    """Events, and what is sent between them. The next event is awaited by a task, which no ping disturbs."""

    def __init__(self, request: Request, events: AsyncIterable[Event], ping_interval_s: float) -> None:
        self._request = request
        self._events = events
        self._ping_interval_s = ping_interval_s
        self._iterator: AsyncIterator[Event] | None = None
        self._next: asyncio.Task[Event | _Raised | None] | None = None
        self._draining: asyncio.Task[None] | None = None

    def __aiter__(self) -> "_EventBody":
        return self

    async def __anext__(self) -> bytes:
        """Return the next event or a ping."""
        if self._iterator is None or self._draining is None:
            self._iterator = aiter(self._events)
            self._draining = asyncio.create_task(self._wait_draining())
        if self._next is None:
            self._next = asyncio.create_task(_next_of(self._iterator))
        waiting: set[asyncio.Task[object]] = {self._next, self._draining}
        await asyncio.wait(waiting, timeout=self._ping_interval_s, return_when=asyncio.FIRST_COMPLETED)
        if self._next.done():
            event, self._next = self._next.result(), None
            if event is None:
                raise StopAsyncIteration
            if isinstance(event, _Raised):
                raise event.error
            return (ServerSentEvent(data=event) if isinstance(event, str) else event).encode()
        if self._draining.done():
            raise StopAsyncIteration
        return PING

    async def aclose(self) -> None:
        """Stop waiting, and close the events."""
        tasks = [task for task in (self._next, self._draining) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if (aclose := getattr(self._iterator or self._events, "aclose", None)) is not None:
            await aclose()

    async def _wait_draining(self) -> None:
        if self._request.connection is None:  # made by hand
            await asyncio.Event().wait()
        else:
            await self._request.wait_draining()


@dataclass(frozen=True, slots=True)
class _Raised:
    """An exception in the place of an event. In a task of its own, `SystemExit` would end the event loop."""

    error: BaseException


async def _next_of(events: AsyncIterator[Event]) -> Event | _Raised | None:
    try:
        return await anext(events, None)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001  # it is raised where the event is awaited
        return _Raised(error)
