"""python-socketio: rooms, acknowledgements, binary data, a namespace with authentication, static files beside it."""

import asyncio

import socketio
from socketio.exceptions import ConnectionRefusedError as Refused

server = socketio.AsyncServer(async_mode="asgi", ping_interval=1, ping_timeout=5)  # polling ends with these
app = socketio.ASGIApp(server, static_files={"/": "static/style.css", "/static": "static"})


@server.event
async def connect(sid: str, _environ: dict, auth: dict | None) -> None:
    """Let in whoever says so."""
    if not (auth or {}).get("name"):
        raise Refused("who are you?")
    await server.save_session(sid, {"name": auth["name"]})


@server.event
async def join(sid: str, room: str) -> list[str]:
    """Enter a room, and tell it."""
    await server.enter_room(sid, room)
    name = (await server.get_session(sid))["name"]
    await server.emit("joined", name, room=room)
    return ["joined", room]


@server.event
async def say(sid: str, room: str, text: str) -> int:
    """Tell a room something."""
    name = (await server.get_session(sid))["name"]
    await server.emit("said", {"name": name, "text": text}, room=room)
    return len(text)


@server.event
async def reverse(_sid: str, data: bytes) -> bytes:
    """Return bytes in reverse."""
    return data[::-1]


@server.event
async def count(sid: str, number: int) -> None:
    """Send numbers after a while each."""
    for each in range(number):
        await asyncio.sleep(0.02)
        await server.emit("number", each, to=sid)


@server.event
async def ask_back(sid: str) -> str:
    """Ask the client while it waits."""
    return "you said " + await server.call("question", "how are you?", to=sid)


@server.event
async def leave(sid: str) -> None:
    """Send the client away."""
    await server.disconnect(sid)


@server.on("hello", namespace="/other")
async def hello(_sid: str, data: object) -> object:
    """Send back what came, in a namespace."""
    return {"other": data}
