"""An aiohttp application, served as it is: TARGET names the application itself.

    api_hour -b 127.0.0.1:8080 -w 2 aiohttp_chat:app

Nothing in it knows of API-Hour. aiohttp's own signals do the work: `on_startup` runs before the first connection;
`on_shutdown` as soon as the worker begins to end, which is when WebSockets are to be closed; `on_cleanup` last.
"""

import os

from aiohttp import WSCloseCode, WSMsgType, web

TALKS = web.AppKey("talks", set[web.WebSocketResponse])


async def index(_request: web.Request) -> web.Response:
    """Say which process answers."""
    return web.json_response({"pid": os.getpid()})


async def talk(request: web.Request) -> web.WebSocketResponse:
    """Send what one client says to all clients of this worker."""
    own = web.WebSocketResponse(heartbeat=30.0)
    await own.prepare(request)
    talks = request.app[TALKS]
    talks.add(own)
    try:
        async for message in own:
            if message.type is WSMsgType.TEXT:
                for one in [*talks]:
                    await one.send_str(message.data)
    finally:
        talks.discard(own)
    return own


async def open_talks(app: web.Application) -> None:
    """Begin with nobody."""
    app[TALKS] = set()


async def close_talks(app: web.Application) -> None:
    """Ask every client to connect again: another worker will answer."""
    for one in [*app[TALKS]]:
        await one.close(code=WSCloseCode.GOING_AWAY, message=b"please connect again")


app = web.Application()
app.router.add_get("/", index)
app.router.add_get("/talk", talk)
app.on_startup.append(open_talks)
app.on_shutdown.append(close_talks)
