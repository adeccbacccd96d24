"""The environment of a request: `request["env"]`, prepared as the router says for the request's route.

It has `container`, `id` (what the header `Request_ID` says), `name` and `config` of the route, and for each word of
`config` what the word stands for:

pg      `engine`, and a `cursor` of aiopg in a transaction
mysql   `engine`, `connection` and `cursor` of aiomysql, in a transaction
redis   `engine`, and a `connection` of its pool, which is closed afterwards
json    the parsed body; one that is no JSON is answered with 400

A transaction is committed when the handler has returned, and rolled back when it raises. Engines are those of the
Container, by the same names, or futures of them.
"""

import inspect
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

from aiohttp import web

from api_hour.plugins.aiohttp.response import JSON

LOG = logging.getLogger("api_hour.plugins.aiohttp")


@web.middleware
async def env_middleware_factory(request: Any, handler: Any) -> Any:
    """Prepare the environment of a request: `web.Application(middlewares=[env_middleware_factory])`.

    Called with an application and a handler, as middlewares once were, it returns the handler with the environment.
    """
    if isinstance(request, web.Application):
        return partial(env_middleware_factory, handler=handler)
    container = request.app["ah_container"]
    request["env"] = environment = {"container": container, "id": request.headers.get("Request_ID")}
    resource = request.match_info.route.resource
    if resource is None:  # there is no such route
        return await handler(request)
    config = container.env_config.get(resource.name, [])
    environment |= {"name": resource.name, "config": config}
    LOG.debug("%s %s: route %r with %s", request.method, request.path, resource.name, config)
    async with AsyncExitStack() as stack:
        for word in config:
            if word in PREPARED and word in container.engines:
                engine = await _there(container.engines[word])
                environment[word] = await stack.enter_async_context(PREPARED[word](engine))
        if "json" in config:
            environment["json"] = await _document(request)
        return await handler(request)


async def _document(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise JSON("The payload must be of json format", status=400) from None


@asynccontextmanager
async def _postgres(engine: Any) -> AsyncIterator[dict[str, Any]]:
    async with engine.acquire() as connection, connection.cursor() as cursor:
        await cursor.execute("BEGIN")
        try:
            yield {"engine": engine, "cursor": cursor}
        except BaseException:
            await cursor.execute("ROLLBACK")
            raise
        await cursor.execute("COMMIT")


@asynccontextmanager
async def _mysql(engine: Any) -> AsyncIterator[dict[str, Any]]:
    async with engine.acquire() as connection, connection.cursor() as cursor:
        await connection.begin()
        try:
            yield {"engine": engine, "connection": connection, "cursor": cursor}
        except BaseException:
            await connection.rollback()
            raise
        await connection.commit()


@asynccontextmanager
async def _redis(engine: Any) -> AsyncIterator[dict[str, Any]]:
    connection = await _there(engine.acquire())
    try:
        yield {"engine": engine, "connection": connection}
    finally:
        connection.close()
        await connection.wait_closed()


PREPARED: dict[str, Callable[[Any], AbstractAsyncContextManager[dict[str, Any]]]] = {
    "pg": _postgres,
    "mysql": _mysql,
    "redis": _redis,
}


async def _there(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
