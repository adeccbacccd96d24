"""Servers in a test's own process and loop: a client, and what is left of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from descriptors import open_sockets
from event_loops import until

import api_hour


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Fail if a task or a socket is there at the end that was not there before."""
    tasks, sockets = asyncio.all_tasks(), open_sockets()
    yield
    await until(lambda: open_sockets() == sockets)  # transports close theirs in the loop's next turn
    assert asyncio.all_tasks() == tasks


async def get(url: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(**options) as client:
        return await client.get(url)


async def is_closed(server: api_hour.RunningServer) -> bool:
    """Tell whether nobody can connect any more."""
    try:
        _, writer = await asyncio.open_connection(server.host, server.port)
    except ConnectionRefusedError:
        return all(sock.fileno() == -1 for sock in server.sockets)
    writer.close()
    return False
