"""The service in aiohttp.web, on uvloop: `python on_aiohttp.py PORT`."""

import sys

import orjson
import uvloop
from agents import HELLO, Agents
from aiohttp import web

service = Agents()


def json_response(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")


async def index(_request: web.Request) -> web.Response:
    return json_response(orjson.dumps(HELLO))


async def agents(_request: web.Request) -> web.Response:
    return json_response(await service.list_all())


async def open_pool(_application: web.Application) -> None:
    await service.open()


async def close_pool(_application: web.Application) -> None:
    await service.close()


def main(port: int) -> None:
    """Serve until SIGTERM."""
    application = web.Application()
    application.add_routes([web.get("/index", index), web.get("/agents", agents)])
    application.on_startup.append(open_pool)
    application.on_cleanup.append(close_pool)
    web.run_app(application, host="127.0.0.1", port=port, access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]))
