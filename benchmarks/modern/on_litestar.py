"""The service in Litestar: `on_litestar:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import service
from asyncpg_pool import open_pool
from litestar import Litestar, MediaType, get, post, put
from litestar.connection import Request
from litestar.datastructures import State
from msgspec import Struct


class Presence(Struct):
    """Where an agent is."""

    presence: str


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    async with await open_pool() as app.state.pool, httpx.AsyncClient() as app.state.upstream:
        yield


@get("/agents")
async def agents(state: State) -> list[dict[str, Any]]:
    return [dict(row) for row in await state.pool.fetch(service.LIST_AGENTS)]


@get("/json")
async def json() -> dict[str, str]:
    return service.HELLO


@get("/queries")
async def queries(count: int, state: State) -> list[dict[str, Any]]:
    async with state.pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return [dict(row) for row in rows]


@put("/update")
async def update(data: Presence, state: State) -> Presence:
    return Presence(await state.pool.fetchval(service.SET_PRESENCE, data.presence, service.any_agent()))


@post("/upload", status_code=200)
async def upload(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@get("/download", media_type=MediaType.TEXT)
async def download() -> bytes:
    return service.MEGABYTE


@get("/wait")
async def wait(state: State) -> dict[str, str]:
    answer = await state.upstream.get(service.UPSTREAM_URL)
    return answer.json()  # type: ignore[no-any-return]


app = Litestar([agents, json, queries, update, upload, download, wait], lifespan=[lifespan], openapi_config=None)
