"""An application whose work is known, `container:Container`: WORK rounds of hashing for each answer."""

import hashlib
import os
from typing import Any

from api_hour import Container as BaseContainer
from api_hour.http import HttpServer, Request, Router

WORK = int(os.environ["WORK"])

router = Router()


@router.get("/")
async def index(_request: Request) -> dict[str, str]:
    digest = b""
    for _ in range(WORK):
        digest = hashlib.sha256(digest).digest()
    return {"hello": "world"}


class Container(BaseContainer):
    """One HTTP server with one route."""

    def make_servers(self) -> list[Any]:
        """Serve HTTP on every address."""
        return [HttpServer(router, container=self)]
