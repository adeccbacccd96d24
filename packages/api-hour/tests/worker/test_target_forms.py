"""What TARGET may be, how it is told apart, and the Container that is made of it."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from starlette.applications import Starlette

import api_hour
from api_hour.containers import asgi as asgi_module
from api_hour.containers.aiohttp_application import AiohttpContainer
from api_hour.containers.asgi import AsgiContainer
from api_hour.errors import ConfigError
from api_hour.worker.process import Worker
from api_hour.worker.target_forms import maker_of

WORKER = Worker(worker_id=1, pid=1)

ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS = (
    "a subclass of api_hour.Container; an aiohttp.web.Application; "
    "an ASGI application, called with scope, receive and send; "
    "a factory of a Container, called with config, worker and loop"
)
ALL_FORMS = f"{ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}; a factory of any of these, called without arguments"


class StandInServer:
    """In the place of the ASGI server, whose own tests are elsewhere."""

    def __init__(self, app: Any, *, container: Any) -> None:
        self.app = app
        self.container = container


@pytest.fixture(autouse=True)
def asgi_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_module, "AsgiServer", StandInServer)


class App(api_hour.Container):
    """A Container, with a loop of its own."""

    @classmethod
    def make_event_loop(cls, config: Any) -> asyncio.AbstractEventLoop:
        assert config == {"main": 1}
        return asyncio.SelectorEventLoop()


def made_of(found: Any) -> api_hour.Container:
    """Take a worker's way from TARGET to the Container."""
    maker = maker_of(found, described_as="TARGET 'app:x'")
    loop = maker.make_event_loop({"main": 1})
    try:
        container = maker(config={"main": 1}, worker=WORKER, loop=loop)
    finally:
        loop.close()
    assert (container.config, container.worker, container.loop) == ({"main": 1}, WORKER, loop)
    return container


def refusal(found: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        made_of(found)
    return str(caught.value)


def test_a_container_class_makes_its_own_loop() -> None:
    container = made_of(App)

    assert type(container) is App
    assert isinstance(container.loop, asyncio.SelectorEventLoop)


# ASGI.


async def asgi_function(scope: Any, receive: Any, send: Any) -> None:
    """The usual form."""


async def asgi_function_with_other_names(first: Any, second: Any, third: Any) -> None:
    """The names are free."""


def asgi_function_that_returns_a_coroutine(scope: Any, receive: Any, send: Any) -> Any:
    """What a plain function that wraps another may be."""
    return asgi_function(scope, receive, send)


async def asgi_function_of_anything(*arguments: Any, **keywords: Any) -> None:
    """What a decorator may leave."""


class AsgiObject:
    """What frameworks make."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, too."""


@pytest.mark.parametrize(
    "app",
    [
        asgi_function,
        asgi_function_with_other_names,
        asgi_function_that_returns_a_coroutine,
        asgi_function_of_anything,
        AsgiObject(),
        AsgiObject().method,
        Starlette(),
    ],
)
def test_an_asgi_application_is_wrapped(app: Any) -> None:
    container = made_of(app)

    assert isinstance(container, AsgiContainer)
    server = container.servers["asgi"]
    assert (server.app, server.container) == (app, container)
    assert container.make_servers() == [server]


# aiohttp.


def test_an_aiohttp_application_is_wrapped() -> None:
    app = web.Application()

    container = made_of(app)

    assert isinstance(container, AiohttpContainer)
    assert container.app is app


def test_aiohttp_is_not_imported_to_look_for_its_applications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "aiohttp.web")

    assert type(made_of(App)) is App
    made_of(asgi_function)
    assert "aiohttp.web" not in sys.modules


# Factories.


def make_container(config: Any, worker: Any, loop: Any) -> api_hour.Container:
    """The form with arguments."""
    return App(config, worker, loop)


class Maker:
    """The same as an object."""

    def __call__(self, *, config: Any, worker: Any, loop: Any) -> api_hour.Container:
        return App(config, worker, loop)


@pytest.mark.parametrize("factory", [make_container, Maker()])
def test_a_factory_is_called_in_the_place_of_a_class(factory: Any) -> None:
    assert type(made_of(factory)) is App


async def make_asgi_later() -> Any:
    """A coroutine function."""
    await asyncio.sleep(0)
    return asgi_function


@pytest.mark.parametrize(
    ("factory", "kind"),
    [
        (lambda: App, App),
        (lambda: make_container, App),
        (lambda: asgi_function, AsgiContainer),
        (lambda: web.Application(), AiohttpContainer),  # noqa: PLW0108  # the class itself is no factory
        (make_asgi_later, AsgiContainer),
    ],
)
def test_a_factory_without_arguments_returns_anything_else(factory: Callable[[], Any], kind: type) -> None:
    assert type(made_of(factory)) is kind


def test_what_a_factory_must_return_is_said() -> None:
    def make_nothing(config: Any, worker: Any, loop: Any) -> None:
        """A factory with a line missing."""

    assert refusal(make_nothing) == ("TARGET 'app:x': expected a factory that returns a Container; it returned None.")
    assert refusal(lambda: 7) == (
        f"TARGET 'app:x', what the factory returned: expected one of: {ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}. Got 7."
    )


def test_a_factory_of_factories_is_refused() -> None:
    def factory() -> Any:
        return factory

    assert refusal(factory) == (
        "TARGET 'app:x', what the factory returned: "
        f"expected one of: {ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}. Got {factory!r}."
    )


# What is none of these.


async def make_container_later(config: Any, worker: Any, loop: Any) -> None:
    """A factory with arguments is no coroutine function."""


@pytest.mark.parametrize("found", [7, int, web.Application, AsgiObject, str.upper, make_container_later])
def test_anything_else_is_refused_with_what_is_possible(found: Any) -> None:
    assert refusal(found).partition(". Got ")[0] == f"TARGET 'app:x': expected one of: {ALL_FORMS}"


def test_wsgi_is_named() -> None:
    def wsgi(environ: Any, start_response: Any) -> Any:
        return []

    assert refusal(wsgi) == (
        f"TARGET 'app:x': expected one of: {ALL_FORMS}. Got {wsgi!r}. It looks like WSGI, which is not served."
    )
