"""Applications of other frameworks, and factories, by the real command."""

from pathlib import Path

import pytest
from daemon_process import body_of, daemon, exchange, get

SEEN = """
async def Container(scope, receive, send):
    assert scope["type"] == "http", "it has no lifespan"
    seen = f"{scope['scheme']} {scope['client'][0]}".encode()
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": seen})
"""
FORWARDED = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"

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


def test_options_say_what_an_application_behind_a_proxy_sees_and_how_much_it_may_be_sent(tmp_path: Path) -> None:
    options = ["--trusted-proxy", "127.0.0.0/8", "--proxy-headers", "x-forwarded", "--max-body", "2M"]
    upload = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", *options, app=SEEN) as running:
        running.wait_ready(1)
        address = running.tcp_address()

        assert body_of(exchange(address, get("/").replace(b"\r\n\r\n", b"\r\n" + FORWARDED + b"\r\n"))) == (
            "https 203.0.113.7"
        )
        assert body_of(exchange(address, get("/"))) == "http 127.0.0.1"
        assert body_of(exchange(address, upload % (1 << 21) + bytes(1 << 21))) == "http 127.0.0.1"
        assert b" 413 " in exchange(address, upload % ((1 << 21) + 1))


def test_without_options_nobody_is_believed(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=SEEN) as running:
        running.wait_ready(1)

        answer = exchange(running.tcp_address(), get("/").replace(b"\r\n\r\n", b"\r\n" + FORWARDED + b"\r\n"))
        assert body_of(answer) == "http 127.0.0.1"


FAILS = """
async def Container(scope, receive, send):
    await receive()
    raise ConnectionError("no database")
"""
DIES = (
    STARLETTE
    + """
import asyncio

async def consumer():
    raise ValueError("the consumer fell")

@asynccontextmanager
async def lifespan(app):
    async with asyncio.TaskGroup() as group:
        group.create_task(consumer())
        yield

Container = Starlette(routes=[Route("/", index)], lifespan=lifespan)
"""
)


def test_an_application_whose_startup_raises_is_not_served_unless_it_is_said_to_have_none(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=FAILS) as running:
        assert running.supervisor.wait() == 3
    assert "in Container\n    raise ConnectionError" in running.supervisor.log

    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", "--lifespan", "off", app=FAILS) as running:
        running.wait_ready(1)
        assert b" 500 " in exchange(running.tcp_address(), get("/"))


def test_a_lifespan_that_dies_while_it_is_served_is_logged_and_holds_up_no_end(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=DIES) as running:
        running.wait_ready(1)
        running.supervisor.wait_for("ValueError: the consumer fell")

        assert body_of(exchange(running.tcp_address(), get("/"))) == "hello"
        assert running.supervisor.stop() == 0
