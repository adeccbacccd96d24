"""The smallest service, for API-Hour: `container:Container`."""

from typing import Any

from api_hour import Container as BaseContainer
from api_hour.http import HttpServer, Request, Router

router = Router()


@router.get("/index")
async def index(_request: Request) -> dict[str, str]:
    return {"hello": "world"}


class Container(BaseContainer):
    """One HTTP server with one route."""

    def make_servers(self) -> list[Any]:
        """Serve HTTP on every address."""
        return [HttpServer(router, container=self)]
