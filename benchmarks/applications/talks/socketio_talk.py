"""The conversation with python-socketio: its own client, by polling, by WebSocket, and by one after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import socketio
from applications_client import TIMEOUT_S, Client
from talks.asking import MEGABYTE, static_files

Events = asyncio.Queue[tuple[str, str, list[Any]]]  # who, what, and with which data


def talk(client: Client) -> None:
    """Ask for files, and talk by each transport."""
    client.get("/")
    static_files(client, "/static/style.css")
    client.get("/socket.io/?EIO=3&transport=polling")
    client.get("/socket.io/?EIO=4&transport=polling&sid=none")
    client.ask("OPTIONS", "/socket.io/?EIO=4&transport=polling")
    for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
        asyncio.run(rooms(client, transports))


async def rooms(client: Client, transports: list[str]) -> None:
    """Two clients meet in a room; a third is refused."""
    by = "+".join(transports)
    came: Events = asyncio.Queue()
    async with asyncio.timeout(TIMEOUT_S), AsyncExitStack() as stack:
        first = await stack.enter_async_context(entered(client, "Ann", transports, came))
        client.note(f"by {by}: joins", answer=await first.call("join", "tea"), came=[await came.get()])
        second = await stack.enter_async_context(entered(client, "Bob", transports, came))
        joined = await second.call("join", "tea")
        client.note(f"by {by}: joins too", answer=joined, came=sorted([await came.get() for _ in range(2)]))
        said = await second.call("say", ("tea", "hällo"))
        client.note(f"by {by}: says", answer=said, came=sorted([await came.get() for _ in range(2)], key=str))
        for data in (b"abc", MEGABYTE[:90_000]):
            client.note(f"by {by}: sends bytes", answer=await first.call("reverse", data))
        await first.emit("count", 20)
        client.note(f"by {by}: counts", came=[await came.get() for _ in range(20)])
        client.note(f"by {by}: is asked", answer=await first.call("ask_back"))
        answer = await first.call("hello", {"a": [1, None]}, namespace="/other")
        client.note(f"by {by}: in a namespace", answer=answer)
        await second.emit("leave")
        client.note(f"by {by}: is sent away", came=[await came.get()])
        refused = socketio.AsyncClient(reconnection=False)
        stack.push_async_callback(refused.disconnect)
        try:
            await refused.connect(f"http://{client.address}", transports=transports)
        except socketio.exceptions.ConnectionError as error:
            client.note(f"by {by}: is refused", error=str(error))


@asynccontextmanager
async def entered(
    client: Client, name: str, transports: list[str], came: Events
) -> AsyncIterator[socketio.AsyncClient]:
    """Connect, and queue all that comes."""
    one = socketio.AsyncClient(reconnection=False)

    async def put(event: str, *data: Any) -> None:
        await came.put((name, event, [*data]))

    one.on("*", put)
    one.on("question", lambda _text: "well")
    one.on("disconnect", lambda *_: came.put_nowait((name, "disconnect", [])))
    await one.connect(
        f"http://{client.address}", transports=transports, auth={"name": name}, namespaces=["/", "/other"]
    )
    try:
        client.note(f"{name} connects", transport=one.transport())
        yield one
    finally:
        await one.disconnect()
