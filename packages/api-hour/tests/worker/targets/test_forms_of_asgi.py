"""ASGI applications in all their forms."""

import asyncio
import functools
from typing import Any

import pytest
from made_targets import Asgi2, AsgiObject, asgi_function, made_of
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint

from api_hour.containers.asgi import AsgiContainer


async def asgi_function_with_other_names(first: Any, second: Any, third: Any) -> None:
    """The names are free."""


async def asgi_function_with_options(scope: Any, receive: Any, send: Any, *, prefix: str = "") -> None:
    """Three are enough."""


async def asgi_function_with_an_argument(database: Any, scope: Any, receive: Any, send: Any) -> None:
    """Three are left when it is partial."""


def asgi_function_that_returns_a_coroutine(s: Any, r: Any, w: Any) -> Any:
    """What a plain function that wraps another may be."""
    return asgi_function(s, r, w)


async def asgi_function_of_anything(*arguments: Any, **keywords: Any) -> None:
    """What a decorator may leave."""


def plain_asgi_function_of_anything(*arguments: Any, **keywords: Any) -> Any:
    """What a plain decorator may leave."""
    return asgi_function(*arguments, **keywords)


@functools.wraps(asgi_function)
def wrapped_asgi_function(*arguments: Any, **keywords: Any) -> Any:
    """What a good decorator leaves."""
    raise AssertionError("it is not called to see what it is")


class AsgiObjectOfAnything:
    """A middleware that passes all on."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return asgi_function(*arguments, **keywords)


class AsgiObjectForBoth:
    """What served ASGI 2 and 3 by its defaults."""

    def __call__(self, scope: Any, receive: Any = None, send: Any = None) -> Any:
        return asgi_function(scope, receive, send)


class SlotObject:
    """What keeps its call in a slot, as Sentry's middleware does."""

    __slots__ = ("__call__", "app")

    def __init__(self, app: Any) -> None:
        self.app = app
        self.__call__: Any = self._run

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Endpoint(HTTPEndpoint):
    """A class that is called for each request, and awaited."""


class CallableAttribute:
    """What has an object for its call."""

    __call__ = AsgiObject()


@pytest.mark.parametrize(
    "app",
    [
        asgi_function,
        asgi_function_with_other_names,
        asgi_function_with_options,
        asgi_function_that_returns_a_coroutine,
        asgi_function_of_anything,
        plain_asgi_function_of_anything,
        wrapped_asgi_function,
        functools.partial(asgi_function_with_options, prefix="/"),
        functools.partial(asgi_function_with_an_argument, "database"),
        functools.partial(AsgiObject()),
        functools.partial(plain_asgi_function_of_anything),
        AsgiObject(),
        AsgiObject().method,
        AsgiObject.static_method,
        AsgiObjectOfAnything(),
        AsgiObjectForBoth(),
        SlotObject(asgi_function),
        CallableAttribute(),
        Starlette(),
        Endpoint,
        lambda scope, receive, send: asgi_function(scope, receive, send),  # noqa: PLW0108  # itself is tried above
    ],
)
def test_an_asgi_application_is_wrapped(app: Any) -> None:
    container = made_of(app)

    assert isinstance(container, AsgiContainer)
    server = container.servers["asgi"]
    assert (server.app, server.container) == (app, container)
    assert container.make_servers() == [server]


class Asgi2Router:
    """An object that finds such a one."""

    def __call__(self, scope: Any) -> Any:
        return Asgi2(scope)


def asgi_2_function(scope: Any) -> Any:
    """A function that returns such a one."""

    async def instance(receive: Any, send: Any) -> None:
        await send((scope, await receive()))

    return instance


@pytest.mark.parametrize("app", [Asgi2, Asgi2Router(), asgi_2_function, SlotObject, functools.partial(Asgi2)])
def test_an_asgi_2_application_is_called_twice(app: Any) -> None:
    sent = []

    async def receive() -> str:
        return "message"

    async def send(message: Any) -> None:
        sent.append(message)

    if app is SlotObject:  # with an ASGI 2 application in it
        app = SlotObject(None)
        app.__call__ = asgi_2_function

    asyncio.run(made_of(app).servers["asgi"].app("scope", receive, send))

    assert sent == [("scope", "message")]
