"""The service in aiohttp.web: `on_aiohttp:make_app`."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import service
from aiohttp import web
from asyncpg_pool import open_pool

routes = web.RouteTableDef()
pool = web.AppKey("pool", Any)
upstream = web.AppKey("upstream", httpx.AsyncClient)


@routes.get("/agents")
async def agents(request: web.Request) -> web.Response:
    return web.json_response([dict(row) for row in await request.app[pool].fetch(service.LIST_AGENTS)])


@routes.get("/json")
async def json(_request: web.Request) -> web.Response:
    return web.json_response(service.HELLO)


@routes.get("/queries")
async def queries(request: web.Request) -> web.Response:
    count = int(request.query["count"])
    async with request.app[pool].acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return web.json_response([dict(row) for row in rows])


@routes.put("/update")
async def update(request: web.Request) -> web.Response:
    wanted = await request.json()
    presence = await request.app[pool].fetchval(service.SET_PRESENCE, wanted["presence"], service.any_agent())
    return web.json_response({"presence": presence})


@routes.post("/upload")
async def upload(request: web.Request) -> web.Response:
    return web.json_response({"bytes": len(await request.read())})


@routes.get("/download")
async def download(_request: web.Request) -> web.Response:
    return web.Response(body=service.MEGABYTE, content_type="text/plain")


@routes.get("/wait")
async def wait(request: web.Request) -> web.Response:
    return web.json_response((await request.app[upstream].get(service.UPSTREAM_URL)).json())


async def open_clients(app: web.Application) -> AsyncIterator[None]:
    async with await open_pool() as app[pool], httpx.AsyncClient() as app[upstream]:
        yield


async def make_app() -> web.Application:
    app = web.Application()
    app.add_routes(routes)
    app.cleanup_ctx.append(open_clients)
    return app
