"""The service in Falcon, its ASGI application: `on_falcon:app`."""

from typing import Any

import falcon
import falcon.asgi
import httpx
import service
from asyncpg_pool import open_pool
from falcon.asgi import Request, Response


class Clients:
    """The pool and the client of the upstream; as a middleware of Falcon's, opened and closed with the server."""

    pool: Any
    upstream: httpx.AsyncClient

    async def process_startup(self, _scope: Any, _event: Any) -> None:
        """Open them."""
        self.pool = await open_pool()
        self.upstream = httpx.AsyncClient()

    async def process_shutdown(self, _scope: Any, _event: Any) -> None:
        """Close them."""
        await self.upstream.aclose()
        await self.pool.close()


class Resource:
    """A resource that needs them."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients


class Agents(Resource):
    """All agents."""

    async def on_get(self, _request: Request, response: Response) -> None:
        """Answer GET."""
        response.media = [dict(row) for row in await self._clients.pool.fetch(service.LIST_AGENTS)]


class Json:
    """A constant."""

    async def on_get(self, _request: Request, response: Response) -> None:
        """Answer GET."""
        response.media = service.HELLO


class Queries(Resource):
    """Some agents, found one by one."""

    async def on_get(self, request: Request, response: Response) -> None:
        """Answer GET."""
        count = request.get_param_as_int("count", required=True)
        async with self._clients.pool.acquire() as connection:
            rows = [await connection.fetchrow(service.FIND_AGENT, number) for number in range(1, count + 1)]
        response.media = [dict(row) for row in rows]


class Update(Resource):
    """Where an agent is."""

    async def on_put(self, request: Request, response: Response) -> None:
        """Answer PUT."""
        wanted = await request.get_media()
        presence = await self._clients.pool.fetchval(service.SET_PRESENCE, wanted["presence"], service.any_agent())
        response.media = {"presence": presence}


class Upload:
    """Something large that comes."""

    async def on_post(self, request: Request, response: Response) -> None:
        """Answer POST."""
        response.media = {"bytes": len(await request.stream.read())}


class Download:
    """Something large that goes."""

    async def on_get(self, _request: Request, response: Response) -> None:
        """Answer GET."""
        response.content_type = falcon.MEDIA_TEXT
        response.data = service.MEGABYTE


class Wait(Resource):
    """What another server says."""

    async def on_get(self, _request: Request, response: Response) -> None:
        """Answer GET."""
        response.media = (await self._clients.upstream.get(service.UPSTREAM_URL)).json()


clients = Clients()
app = falcon.asgi.App(middleware=[clients])
app.add_route("/agents", Agents(clients))
app.add_route("/json", Json())
app.add_route("/queries", Queries(clients))
app.add_route("/update", Update(clients))
app.add_route("/upload", Upload())
app.add_route("/download", Download())
app.add_route("/wait", Wait(clients))
