"""The service in Sanic: `on_sanic:app`."""

import httpx
import service
from asyncpg_pool import open_pool
from sanic import HTTPResponse, Request, Sanic
from sanic.response import json, raw

app = Sanic("agents")


@app.before_server_start
async def open_clients(app: Sanic) -> None:
    app.ctx.pool = await open_pool()
    app.ctx.upstream = httpx.AsyncClient()


@app.after_server_stop
async def close_clients(app: Sanic) -> None:
    await app.ctx.upstream.aclose()
    await app.ctx.pool.close()


@app.get("/agents")
async def agents(request: Request) -> HTTPResponse:
    return json([dict(row) for row in await request.app.ctx.pool.fetch(service.LIST_AGENTS)])


@app.get("/json")
async def hello(_request: Request) -> HTTPResponse:
    return json(service.HELLO)


@app.get("/queries")
async def queries(request: Request) -> HTTPResponse:
    count = int(request.args["count"][0])
    async with request.app.ctx.pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return json([dict(row) for row in rows])


@app.put("/update")
async def update(request: Request) -> HTTPResponse:
    wanted = request.json["presence"]
    return json({"presence": await request.app.ctx.pool.fetchval(service.SET_PRESENCE, wanted, service.any_agent())})


@app.post("/upload")
async def upload(request: Request) -> HTTPResponse:
    return json({"bytes": len(request.body)})


@app.get("/download")
async def download(_request: Request) -> HTTPResponse:
    return raw(service.MEGABYTE, content_type="text/plain")


@app.get("/wait")
async def wait(request: Request) -> HTTPResponse:
    return json((await request.app.ctx.upstream.get(service.UPSTREAM_URL)).json())
