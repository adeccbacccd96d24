"""The service in Sanic: `on_sanic:app`."""

import orjson
from agents import HELLO, Agents
from sanic import HTTPResponse, Request, Sanic
from sanic.response import json, raw

service = Agents()
app = Sanic("peers", dumps=orjson.dumps)


@app.before_server_start
async def open_pool(_app: Sanic) -> None:
    await service.open()


@app.after_server_stop
async def close_pool(_app: Sanic) -> None:
    await service.close()


@app.get("/index")
async def index(_request: Request) -> HTTPResponse:
    return json(HELLO)


@app.get("/agents")
async def agents(_request: Request) -> HTTPResponse:
    return raw(await service.list_all(), content_type="application/json")
