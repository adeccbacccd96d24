"""The smallest service, for API-Hour: `container:Container`, and with a plain function `container:PlainContainer`."""

from typing import Any

from api_hour import Container as BaseContainer
from api_hour.http import HttpServer, Request, Router

router = Router()
plain_router = Router()


@router.get("/index")
async def index(_request: Request) -> dict[str, str]:
    return {"hello": "world"}


@plain_router.get("/index")
def plain_index(_request: Request) -> dict[str, str]:
    return {"hello": "world"}


class Container(BaseContainer):
    """One HTTP server with one route, whose handler is a coroutine function."""

    router = router

    def make_servers(self) -> list[Any]:
        """Serve HTTP on every address."""
        return [HttpServer(self.router, container=self)]


class PlainContainer(Container):
    """The same, whose handler is a plain function."""

    router = plain_router
