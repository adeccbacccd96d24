"""The end of a connection whose worker ends, in the way that its protocol understands.

| the protocol has | when the worker retires | at the end of the drain, and when the daemon stops |
| --- | --- | --- |
| `begin_drain()` | is called | |
| `begin_shutdown()` | | is called |
| `end_stream()` | | is called when half of the time is over |
| `async shutdown(timeout)`, as aiohttp's | | is awaited |
| none of these | | the transport is closed: what was written is sent |

What is left when the time is up is cut: by `abort()` of the protocol, or of the transport.
"""

import asyncio
import inspect
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, cast

LOG = logging.getLogger("api_hour.worker")

Ending = Coroutine[Any, Any, None]

AT_ONCE_S = 0.001  # to aiohttp, 0 is no limit


def begin_drain(protocol: Any) -> None:
    """Tell a protocol that its worker retires, if it can be told."""
    if hasattr(protocol, "begin_drain"):
        protocol.begin_drain()


def end_stream(protocol: Any) -> None:
    """Have an answer end that may have no end of its own, if a protocol has one, in the time that is left."""
    if hasattr(protocol, "end_stream"):
        protocol.end_stream()


def works_of(handlers: Iterable[Any]) -> list[Any]:
    """Return what servers still do for their requests: an HttpServer or AsgiServer lists it in `works`."""
    return [work for handler in handlers for work in getattr(handler, "works", ())]


def begin_end(protocol: Any, transport: asyncio.BaseTransport, timeout_s: float) -> Ending | None:
    """Ask a connection to finish what it has begun and to close.

    Args:
        protocol: the connection's.
        transport: the connection's.
        timeout_s: how long it may take, in seconds.

    Returns:
        What is to be awaited for it, if anything.
    """
    if hasattr(protocol, "begin_shutdown"):
        protocol.begin_shutdown()
    elif has_shutdown(protocol):
        return shut_down(protocol, timeout_s)
    elif not transport.is_closing():
        transport.close()
    return None


def cut(protocol: Any, transport: asyncio.BaseTransport) -> Ending | None:
    """End a connection at once.

    Returns:
        What is to be awaited for it, if anything.
    """
    if hasattr(protocol, "begin_shutdown"):
        protocol.abort()
    elif has_shutdown(protocol):
        return _shut_down_and_abort(protocol, cast("asyncio.Transport", transport))
    else:
        cast("asyncio.Transport", transport).abort()
    return None


def has_shutdown(handler: Any) -> bool:
    """Tell whether something has aiohttp's `async shutdown(timeout)`."""
    return inspect.iscoroutinefunction(getattr(handler, "shutdown", None))


async def shut_down(handler: Any, timeout_s: float) -> None:
    """Let aiohttp's server, or one of its connections, close what is idle and wait for the rest.

    An error is logged, for others are still to end.
    """
    close_idle = getattr(handler, "pre_shutdown", None) or getattr(handler, "close", None)
    try:
        if close_idle is not None:
            close_idle()  # shutdown() alone would wait for idle connections, too
        await handler.shutdown(timeout=timeout_s)
    except Exception:
        LOG.exception("%r could not be shut down", handler)


async def _shut_down_and_abort(protocol: Any, transport: asyncio.Transport) -> None:
    await shut_down(protocol, AT_ONCE_S)  # first: a connection that is lost does not stop its handler
    transport.abort()
