"""What TARGET may be, how it is told apart, and the Container that is made of it."""

import asyncio
import functools
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from made_targets import (
    ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS,
    WORKER,
    App,
    asgi_function,
    made_of,
    make_asgi_later,
    refusal,
)

import api_hour
from api_hour.containers.aiohttp_application import AiohttpContainer
from api_hour.containers.asgi import AsgiContainer


def test_a_container_class_makes_its_own_loop() -> None:
    container = made_of(App)

    assert type(container) is App
    assert isinstance(container.loop, asyncio.SelectorEventLoop)


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


def make_container_with_options(config: Any, loop: Any, worker: Any = None, *, debug: bool = False) -> Any:
    """It cannot be called without arguments."""
    return App(config, worker, loop)


async def make_container_later(config: Any, worker: Any, loop: Any) -> api_hour.Container:
    """The same as a coroutine function."""
    await asyncio.sleep(0)
    return App(config, worker, loop)


class Maker:
    """The same as an object."""

    def __call__(self, *, config: Any, worker: Any, loop: Any) -> api_hour.Container:
        return App(config, worker, loop)


@pytest.mark.parametrize("factory", [make_container, make_container_with_options, make_container_later, Maker()])
def test_a_factory_is_called_in_the_place_of_a_class(factory: Any) -> None:
    assert type(made_of(factory)) is App


@pytest.mark.parametrize(
    ("made", "kind"), [(asgi_function, AsgiContainer), (web.Application(), AiohttpContainer), (App, App)]
)
def test_a_factory_with_arguments_returns_anything_that_a_target_may_be(made: Any, kind: type) -> None:
    def factory(config: Any, worker: Any, loop: Any) -> Any:
        assert (config, worker) == ({"main": 1}, WORKER)
        return made

    assert type(made_of(factory)) is kind


async def make_asgi_later_with_options(config: Any = None, debug: bool = False, database: Any = None) -> Any:
    """It may be called with three arguments, and is no application for that."""
    assert (config, debug, database) == (None, False, None)
    return asgi_function


def make_asgi_with_settings(**settings: Any) -> Any:
    """What takes anything by name."""
    assert settings == {}
    return asgi_function


def make_asgi_with_our_names(config: Any = None, worker: Any = None, loop: Any = None) -> Any:
    """What can be called without arguments is, whatever their names."""
    assert (config, worker, loop) == (None, None, None)
    return asgi_function


def make_asgi_with_three_options(name: str = "x", debug: bool = False, database: Any = None) -> Any:
    """As many as an application has."""
    assert (name, debug, database) == ("x", False, None)
    return asgi_function


def plain_factory_of_anything(*arguments: Any, **keywords: Any) -> Any:
    """What a plain decorator may leave."""
    return make_asgi_with_three_options(*arguments, **keywords)


def given_settings(function: Callable[[Any], Any]) -> Callable[[], Any]:
    """Decorate a function with what it lacks."""

    @functools.wraps(function)
    def with_settings(*arguments: Any) -> Any:
        return function("settings", *arguments)

    return with_settings


@given_settings
def make_asgi_with_given_settings(settings: Any) -> Any:
    """What needs an argument, which its decorator gives."""
    assert settings == "settings"
    return asgi_function


class AsyncMaker:
    """An object whose call is a coroutine function."""

    async def __call__(self) -> Any:
        return asgi_function


@pytest.mark.parametrize(
    ("factory", "kind"),
    [
        (lambda: App, App),
        (lambda: make_container, App),
        (lambda: asgi_function, AsgiContainer),
        (lambda: web.Application(), AiohttpContainer),  # noqa: PLW0108  # the class itself is no factory
        (make_asgi_later, AsgiContainer),
        (make_asgi_later_with_options, AsgiContainer),
        (lambda: make_asgi_later(), AsgiContainer),  # noqa: PLW0108  # no coroutine function
        (AsyncMaker(), AsgiContainer),
        (make_asgi_with_settings, AsgiContainer),
        (make_asgi_with_our_names, AsgiContainer),
        (make_asgi_with_three_options, AsgiContainer),
        (plain_factory_of_anything, AsgiContainer),
        (make_asgi_with_given_settings, AsgiContainer),
        (functools.partial(make_asgi_with_settings), AsgiContainer),
        (functools.cache(make_asgi_with_three_options), AsgiContainer),
    ],
)
def test_a_factory_without_arguments_returns_anything_else(factory: Callable[[], Any], kind: type) -> None:
    assert type(made_of(factory)) is kind


def test_what_a_factory_must_return_is_said() -> None:
    def make_nothing(config: Any, worker: Any, loop: Any) -> None:
        """A factory with a line missing."""

    expected = f"TARGET 'app:x', what the factory returned: expected one of: {ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}."
    assert refusal(make_nothing) == (
        f"{expected} Got None. Nothing is served by None: is the name given its value when the module is imported?"
    )
    assert refusal(lambda: 7) == f"{expected} Got 7."


def test_a_factory_of_factories_is_refused() -> None:
    def factory() -> Any:
        return factory

    assert refusal(factory) == (
        "TARGET 'app:x', what the factory returned: "
        f"expected one of: {ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}. Got {factory!r}."
    )


def test_what_a_factory_raises_is_the_users_to_read() -> None:
    def needs(first: Any, second: Any) -> None:
        """Called with too little."""

    with pytest.raises(TypeError) as caught:
        made_of(lambda: needs(1))  # type: ignore[call-arg]

    assert "missing 1 required positional argument: 'second'" in str(caught.value)
