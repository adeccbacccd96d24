"""Applications of other frameworks, and factories, by the real command."""

from pathlib import Path

import pytest
from daemon_process import body_of, daemon, exchange, get

STARLETTE = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

@asynccontextmanager
async def lifespan(app):
    print("lifespan: up", flush=True)
    yield
    print("lifespan: down", flush=True)

async def index(request):
    return PlainTextResponse("hello")

application = Starlette(routes=[Route("/", index)], lifespan=lifespan)
"""
AIOHTTP = """
from aiohttp import web

async def up(app):
    print("lifespan: up", flush=True)

async def down(app):
    print("lifespan: down", flush=True)

async def index(request):
    return web.Response(text="hello")

application = web.Application()
application.router.add_get("/", index)
application.on_startup.append(up)
application.on_cleanup.append(down)
"""
TARGETS = {
    "an ASGI application": STARLETTE + "Container = application\n",
    "a factory of an ASGI application": STARLETTE + "def Container(): return application\n",
    "an aiohttp application": AIOHTTP + "Container = application\n",
    "a factory of an aiohttp application, as a coroutine": AIOHTTP + "async def Container(): return application\n",
    "a factory of a Container": AIOHTTP
    + """
from api_hour.containers.aiohttp_application import AiohttpContainer

def Container(config, worker, loop):
    return AiohttpContainer(config, worker, loop, app=application)
""",
}


@pytest.mark.parametrize("name", TARGETS)
def test_the_application_starts_before_the_first_connection_and_ends_after_the_last(name: str, tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=TARGETS[name]) as running:
        running.wait_ready(1)

        assert body_of(exchange(running.tcp_address(), get("/"))) == "hello"
        assert "lifespan: down" not in running.supervisor.log
        assert running.supervisor.stop() == 0

    log = running.supervisor.log
    assert log.index("lifespan: up") < log.index("worker 1 serves") < log.index("lifespan: down")
