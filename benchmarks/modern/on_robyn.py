"""The service in Robyn, on its own server: `ROBYN_PORT=8000 python on_robyn.py --processes 4 --workers 1`."""

from typing import Any

import httpx
import service
from asyncpg_pool import open_pool
from robyn import Request, Response, Robyn

app = Robyn(__file__)


class Clients:
    """The pool and the client of the upstream, open while the application serves."""

    pool: Any
    upstream: httpx.AsyncClient


async def open_clients() -> None:
    Clients.pool = await open_pool()
    Clients.upstream = httpx.AsyncClient()


async def close_clients() -> None:
    await Clients.upstream.aclose()
    await Clients.pool.close()


app.startup_handler(open_clients)
app.shutdown_handler(close_clients)


@app.get("/agents")
async def agents() -> list[dict[str, Any]]:
    return [dict(row) for row in await Clients.pool.fetch(service.LIST_AGENTS)]


@app.get("/json")
async def json() -> dict[str, str]:
    return service.HELLO


@app.get("/queries")
async def queries(request: Request) -> list[dict[str, Any]]:
    count = int(request.query_params.get("count", "1"))
    async with Clients.pool.acquire() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return [dict(row) for row in rows]


@app.put("/update")
async def update(request: Request) -> dict[str, str]:
    wanted = request.json()["presence"]
    return {"presence": await Clients.pool.fetchval(service.SET_PRESENCE, wanted, service.any_agent())}


@app.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    return {"bytes": len(request.body)}


@app.get("/download")
async def download() -> Response:
    return Response(200, {"content-type": "text/plain"}, service.MEGABYTE)


@app.get("/wait")
async def wait() -> Any:
    return (await Clients.upstream.get(service.UPSTREAM_URL)).json()


if __name__ == "__main__":
    app.start(host="127.0.0.1")
