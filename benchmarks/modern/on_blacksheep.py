"""The service in BlackSheep: `on_blacksheep:app`."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import service
from asyncpg import Pool
from asyncpg_pool import open_pool
from blacksheep import Application, Content, FromJSON, Request, Response, get, json, post, put

app = Application()


@dataclass
class Presence:
    """Where an agent is."""

    presence: str


@app.lifespan
async def clients() -> AsyncIterator[None]:
    async with await open_pool() as pool, httpx.AsyncClient() as upstream:
        app.services.register(Pool, instance=pool)
        app.services.register(httpx.AsyncClient, instance=upstream)
        yield


@get("/agents")
async def agents(pool: Pool) -> Response:
    return json([dict(row) for row in await pool.fetch(service.LIST_AGENTS)])


@get("/json")
async def hello() -> Response:
    return json(service.HELLO)


@get("/queries")
async def queries(count: int, pool: Pool) -> Response:
    async with pool.acquire() as connection:
        rows: list[Any] = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return json([dict(row) for row in rows])


@put("/update")
async def update(wanted: FromJSON[Presence], pool: Pool) -> Response:
    presence = await pool.fetchval(service.SET_PRESENCE, wanted.value.presence, service.any_agent())
    return json(Presence(presence))


@post("/upload")
async def upload(request: Request) -> Response:
    return json({"bytes": len(await request.read() or b"")})


@get("/download")
async def download() -> Response:
    return Response(200, content=Content(b"text/plain", service.MEGABYTE))


@get("/wait")
async def wait(upstream: httpx.AsyncClient) -> Response:
    return json((await upstream.get(service.UPSTREAM_URL)).json())
