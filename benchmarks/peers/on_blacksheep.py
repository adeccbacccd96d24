"""The service in BlackSheep, an ASGI application: `on_blacksheep:application`."""

import orjson
from agents import HELLO, Agents
from blacksheep import Application, Content, Response, get

service = Agents()
application = Application()


def json_response(body: bytes) -> Response:
    return Response(200, content=Content(b"application/json", body))


@application.on_start
async def open_pool(_application: Application) -> None:
    await service.open()


@application.on_stop
async def close_pool(_application: Application) -> None:
    await service.close()


@get("/index")
async def index() -> Response:
    return json_response(orjson.dumps(HELLO))


@get("/agents")
async def agents() -> Response:
    return json_response(await service.list_all())
