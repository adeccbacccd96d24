"""Errors that the application of a WebSocket raised."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from api_hour.http.message.errors import ClientGone, WebSocketClosed
from api_hour.http.message.request import Request
from api_hour.process.forking import ends_child

if TYPE_CHECKING:
    from api_hour.http.websocket.websocket import WebSocket  # which needs a package that is optional

LOG = logging.getLogger("api_hour.http")

INTERNAL_ERROR = 1011


async def close_after(websocket: "WebSocket", request: Request, error: BaseException) -> None:
    """Log what was raised after the handshake `request` was accepted, and close the WebSocket."""
    log_failure(request, error, is_closed=websocket.closed is not None)
    await websocket.close(1000 if is_end(error) else INTERNAL_ERROR)


def log_failure(request: Request, error: BaseException, *, is_closed: bool) -> None:
    """Log what was raised, unless it only says that the WebSocket is closed, or that the server cancelled it.

    Args:
        request: the handshake.
        error: what was raised.
        is_closed: whether the WebSocket was closed before: then an ordinary error is worth no more than INFO,
            because many applications end by one when they are told.
    """
    if ends_child(error, asyncio.get_running_loop()):
        return
    if is_end(error) or (isinstance(error, asyncio.CancelledError) and is_cancelled_from_outside()):
        return
    is_late = is_closed and isinstance(error, Exception)
    level = logging.INFO if is_late else logging.ERROR
    after = ", after its close" if is_late else ""
    LOG.log(level, "WebSocket %r failed%s", request.path, after, exc_info=error)


def is_end(error: BaseException) -> bool:
    """Tell whether an error, or each of a group, says no more than that the WebSocket is closed."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_end(each) for each in error.exceptions)
    return isinstance(error, WebSocketClosed | ClientGone)


def is_destroyed(error: BaseException, task: asyncio.Task[Any] | None) -> bool:
    """Tell whether an error came because the coroutine of a task is closed without its task: it may await nothing."""
    if not isinstance(error, GeneratorExit):
        return False
    try:
        return asyncio.current_task() is not task
    except RuntimeError:  # no loop runs
        return True


def is_cancelled_from_outside() -> bool:
    """Tell whether somebody has cancelled the current task; what it awaits may be cancelled, too."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
