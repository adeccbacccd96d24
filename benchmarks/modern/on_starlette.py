"""The service in Starlette: `on_starlette:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import service
from asyncpg_pool import open_pool
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
    async with await open_pool() as pool, httpx.AsyncClient() as upstream:
        yield {"pool": pool, "upstream": upstream}


async def agents(request: Request) -> Response:
    return JSONResponse([dict(row) for row in await request.state.pool.fetch(service.LIST_AGENTS)])


async def json(_request: Request) -> Response:
    return JSONResponse(service.HELLO)


async def queries(request: Request) -> Response:
    count = int(request.query_params["count"])
    async with request.state.pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return JSONResponse([dict(row) for row in rows])


async def update(request: Request) -> Response:
    wanted = await request.json()
    presence = await request.state.pool.fetchval(service.SET_PRESENCE, wanted["presence"], service.any_agent())
    return JSONResponse({"presence": presence})


async def upload(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def download(_request: Request) -> Response:
    return Response(service.MEGABYTE, media_type="text/plain")


async def wait(request: Request) -> Response:
    return JSONResponse((await request.state.upstream.get(service.UPSTREAM_URL)).json())


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/agents", agents),
        Route("/json", json),
        Route("/queries", queries),
        Route("/update", update, methods=["PUT"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/download", download),
        Route("/wait", wait),
    ],
)
