"""The service in Quart: `on_quart:app`."""

from typing import Any

import httpx
import service
from asyncpg_pool import open_pool
from quart import Quart, Response, request

app = Quart(__name__)


class Clients:
    """The pool and the client of the upstream, open while the application serves."""

    pool: Any
    upstream: httpx.AsyncClient


@app.before_serving
async def open_clients() -> None:
    Clients.pool = await open_pool()
    Clients.upstream = httpx.AsyncClient()


@app.after_serving
async def close_clients() -> None:
    await Clients.upstream.aclose()
    await Clients.pool.close()


@app.get("/agents")
async def agents() -> list[dict[str, Any]]:
    return [dict(row) for row in await Clients.pool.fetch(service.LIST_AGENTS)]


@app.get("/json")
async def json() -> dict[str, str]:
    return service.HELLO


@app.get("/queries")
async def queries() -> list[dict[str, Any]]:
    count = request.args.get("count", type=int)
    assert count is not None
    async with Clients.pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return [dict(row) for row in rows]


@app.put("/update")
async def update() -> dict[str, str]:
    wanted = await request.get_json()
    return {"presence": await Clients.pool.fetchval(service.SET_PRESENCE, wanted["presence"], service.any_agent())}


@app.post("/upload")
async def upload() -> dict[str, int]:
    return {"bytes": len(await request.get_data())}


@app.get("/download")
async def download() -> Response:
    return Response(service.MEGABYTE, mimetype="text/plain")


@app.get("/wait")
async def wait() -> Any:
    return (await Clients.upstream.get(service.UPSTREAM_URL)).json()
