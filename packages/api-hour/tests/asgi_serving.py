"""An ASGI application on a real port, in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from event_loops import until

from api_hour.http.asgi import AsgiServer
from api_hour.http.message.limits import Limits

Application = Callable[[Any, Any, Any], Awaitable[None]]


@asynccontextmanager
async def serving(app: Any, *, limits: Limits | None = None) -> AsyncIterator[tuple[AsgiServer, int]]:
    """Start an application and serve it on a free port; at the end its connections are drained."""
    server = AsgiServer(app, limits=limits)
    await server.startup()
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    try:
        yield server, listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for connection in [*server.connections]:
            connection.begin_shutdown()
        await until(lambda: not server.connections)
        await server.shutdown()
