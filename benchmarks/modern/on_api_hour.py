"""The service as a Container of API-Hour: `on_api_hour:Container`."""

from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Any

import httpx
import service
from msgspec import Struct

import api_hour
from api_hour.container import Handler, WorkerHandle
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import HttpServer, Request, Response, Router

router = Router()


class Presence(Struct):
    """Where an agent is."""

    presence: str


@router.get("/agents")
async def agents(request: Request) -> Response:
    body = await postgres_of(request).fetch_rows_as_json(service.LIST_AGENTS)
    return Response(body, content_type="application/json")


@router.get("/json")
async def json(_request: Request) -> dict[str, str]:
    return service.HELLO


@router.get("/queries")
async def queries(request: Request) -> list[dict[str, Any]]:
    count = int(request.query["count"])
    async with postgres_of(request).connection() as connection:
        rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
    return [dict(row) for row in rows]


@router.put("/update")
async def update(request: Request) -> Presence:
    wanted = request.json(Presence)
    presence = await postgres_of(request).fetch_value(service.SET_PRESENCE, wanted.presence, service.any_agent())
    return Presence(presence)


@router.post("/upload")
async def upload(request: Request) -> dict[str, int]:
    return {"bytes": len(request.body)}


@router.get("/download")
async def download(_request: Request) -> Response:
    return Response(service.MEGABYTE, content_type="text/plain")


@router.get("/wait")
async def wait(request: Request) -> Any:
    upstream: httpx.AsyncClient = request.container.services["upstream"]
    return (await upstream.get(service.UPSTREAM_URL)).json()


def postgres_of(request: Request) -> PostgresEngine:
    engine: PostgresEngine = request.container.engines["postgres"]
    return engine


class Container(api_hour.Container):
    """One engine, one client of the upstream."""

    def __init__(self, config: Any, worker: WorkerHandle, loop: AbstractEventLoop) -> None:
        super().__init__(config, worker, loop)
        size = service.connections_of_a_worker()
        self.engines["postgres"] = PostgresEngine(service.DATABASE_URL, min_size=size, max_size=size)

    async def start(self) -> None:
        """Make the client."""
        await super().start()
        self.services["upstream"] = httpx.AsyncClient()

    async def shutdown(self) -> None:
        """Close it."""
        await self.services["upstream"].aclose()
        await super().shutdown()

    def make_servers(self) -> Sequence[Handler]:
        """Serve HTTP on every address."""
        return [HttpServer(router, container=self)]
