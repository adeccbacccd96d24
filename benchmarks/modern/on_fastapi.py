"""The service in FastAPI: `on_fastapi:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
import service
from asyncpg_pool import open_pool
from fastapi import Depends, FastAPI, Request, Response
from pydantic import BaseModel


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with await open_pool() as app.state.pool, httpx.AsyncClient() as app.state.upstream:
        yield


app = FastAPI(lifespan=lifespan)


def pool_of(request: Request) -> Any:
    return request.app.state.pool


def upstream_of(request: Request) -> httpx.AsyncClient:
    return request.app.state.upstream


Pool = Annotated[Any, Depends(pool_of)]
Upstream = Annotated[httpx.AsyncClient, Depends(upstream_of)]


class Agent(BaseModel):
    """An agent and its login."""

    number: str
    extension: str | None
    context: str | None
    state_interface: str | None
    status: str
    extension_status: str
    paused: str


class Found(BaseModel):
    """What is found by an id."""

    id: int
    number: str


class Presence(BaseModel):
    """Where an agent is."""

    presence: str


@app.get("/agents")
async def agents(pool: Pool) -> list[Agent]:
    return [Agent(**row) for row in await pool.fetch(service.LIST_AGENTS)]


@app.get("/json")
async def json() -> dict[str, str]:
    return service.HELLO


@app.get("/queries")
async def queries(count: int, pool: Pool) -> list[Found]:
    async with pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return [Found(**row) for row in rows]


@app.put("/update")
async def update(wanted: Presence, pool: Pool) -> Presence:
    presence = await pool.fetchval(service.SET_PRESENCE, wanted.presence, service.any_agent())
    return Presence(presence=presence)


@app.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


@app.get("/download")
async def download() -> Response:
    return Response(service.MEGABYTE, media_type="text/plain")


@app.get("/wait")
async def wait(upstream: Upstream) -> dict[str, str]:
    return (await upstream.get(service.UPSTREAM_URL)).json()
