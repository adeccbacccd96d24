"""The conversation with the aiohttp chat of `examples/`: two of aiohttp's own clients, and the end of the server."""

import asyncio

import aiohttp
from applications_client import TIMEOUT_S, Client

TEXTS = ["hello", "ünïcödé", "x" * 200_000]


def talk(client: Client) -> None:
    """Ask over HTTP, then chat until the server ends."""
    client.get("/")
    client.ask("HEAD", "/")
    client.ask("POST", "/", data={"a": "b"})
    client.get("/none")
    client.get("/talk")
    asyncio.run(chat(client))


async def chat(client: Client) -> None:
    """Two clients hear what each says; then the server tells both to connect again."""
    async with asyncio.timeout(TIMEOUT_S), aiohttp.ClientSession(f"http://{client.address}") as session:
        async with session.get("/") as answer:
            client.note(
                "aiohttp's client asks", status=answer.status, kind=answer.content_type, of=[*await answer.json()]
            )
        async with session.ws_connect("/talk") as ann, session.ws_connect("/talk", compress=15) as bob:
            for number, text in enumerate(TEXTS):
                await (ann, bob)[number % 2].send_str(text)
                client.note(f"text {number}", ann=await ann.receive_str(), bob=await bob.receive_str())
            await ann.ping()
            client.stop()
            for name, one in (("ann", ann), ("bob", bob)):
                ended = await one.receive()
                client.note(f"{name} is told", kind=ended.type.name, code=ended.data, reason=ended.extra)
