"""What TARGET may be, how it is told apart, and the Container that is made of it."""

import asyncio
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint

import api_hour
from api_hour.containers import asgi as asgi_module
from api_hour.containers.aiohttp_application import AiohttpContainer
from api_hour.containers.asgi import AsgiContainer
from api_hour.errors import ConfigError
from api_hour.worker.process import Worker
from api_hour.worker.targets.forms import maker_of

WORKER = Worker(worker_id=1, pid=1)

ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS = (
    "a subclass of api_hour.Container; an aiohttp.web.Application; "
    "a factory of any of these, called with config, worker and loop; "
    "an ASGI application, called with scope, receive and send; an ASGI 2 application, called with scope"
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


def hint(found: Any) -> str:
    """Return what a refusal says of the object, after the object itself."""
    before = f"TARGET 'app:x': expected one of: {ALL_FORMS}. Got {found!r}."
    message = refusal(found)
    assert message.startswith(before)
    return message.removeprefix(before).strip()


def test_a_container_class_makes_its_own_loop() -> None:
    container = made_of(App)

    assert type(container) is App
    assert isinstance(container.loop, asyncio.SelectorEventLoop)


# ASGI.


async def asgi_function(scope: Any, receive: Any, send: Any) -> None:
    """The usual form."""


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


class AsgiObject:
    """What frameworks make."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, too."""

    @staticmethod
    async def static_method(scope: Any, receive: Any, send: Any) -> None:
        """Answer, too."""


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


class Asgi2:
    """What ASGI 2 calls with the scope, and then with the rest."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope

    async def __call__(self, receive: Any, send: Any) -> None:
        await send((self.scope, await receive()))


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


async def make_asgi_later() -> Any:
    """A coroutine function."""
    await asyncio.sleep(0)
    return asgi_function


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


# What is none of these.


class Wsgi:
    """What Flask's and Django's applications are."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return wsgi(environ, start_response)


class OtherProtocol:
    """What other servers call."""

    def __call__(self, request: Any) -> Any:
        return request


def wsgi(environ: Any, start_response: Any, options: Any = None) -> Any:
    """A function of it."""
    return []


@functools.wraps(wsgi)
def decorated_wsgi(*arguments: Any) -> Any:
    """What a decorator leaves of it."""
    return wsgi(*arguments)


def needs_settings(settings: Any, *, database: Any) -> Any:
    """A factory that lacks arguments."""


WSGI = "Wrap an object of it in a2wsgi's WSGIMiddleware or asgiref's WsgiToAsgi, or serve it by a WSGI server."


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (7, ""),
        ("app", ""),
        ({}, ""),
        (None, "Nothing is served by None: is the name given its value when the module is imported?"),
        (inspect, "It is a module: name what is in it, such as inspect:app."),
        (wsgi, f"It looks like WSGI, which is not served. {WSGI}"),
        (Wsgi(), f"It looks like WSGI, which is not served. {WSGI}"),
        (decorated_wsgi, f"It looks like WSGI, which is not served. {WSGI}"),
        (Wsgi, f"It is a class, of WSGI as it seems, which is not served. {WSGI}"),
        (
            AsgiObject,
            "It is a class: what is served is an object of it, as AsgiObject(...) makes it in TARGET or the module.",
        ),
        (
            Starlette,
            "It is a class: what is served is an object of it, as Starlette(...) makes it in TARGET or the module.",
        ),
        (int, "It is a class: what is served is an object of it, as int(...) makes it in TARGET or the module."),
        (OtherProtocol(), "It is called with 'request', which is neither ASGI nor a factory."),
        (
            Asgi2("scope"),
            "It looks like what an ASGI 2 application returns for a scope: name the application.",
        ),
        (
            needs_settings,
            (
                "It cannot be called without 'settings' and 'database': give that in TARGET, as in "
                "needs_settings(...), or a default. (The argument of an ASGI 2 application is called scope.)"
            ),
        ),
        (str.upper, "It is called with 'self', which is neither ASGI nor a factory."),
        (iter, "It is written in C and does not tell how it is called."),
    ],
)
def test_anything_else_is_refused_with_what_it_looks_like_and_what_to_write_instead(found: Any, said: str) -> None:
    assert hint(found) == said


def test_a_framework_of_wsgi_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wsgi, "__module__", "flask.app")
    assert hint(Wsgi()) == f"It is a Flask application, which is WSGI and not served. {WSGI}"

    monkeypatch.setattr(Wsgi, "__module__", "django.core.handlers.wsgi")
    assert hint(Wsgi()) == (
        "It is Django's WSGI application, which is not served: name that of ASGI, PROJECT.asgi:application."
    )


def test_a_coroutine_is_refused() -> None:
    coroutine = make_asgi_later()

    assert hint(coroutine) == (
        "It is a coroutine: let TARGET name the coroutine function, which the worker calls and awaits."
    )
    coroutine.close()


def test_a_container_that_is_made_already_is_refused() -> None:
    container = App(None, WORKER, asyncio.new_event_loop())
    container.loop.close()

    assert hint(container) == (
        "It is a Container that is made already: name its class, App, or a factory that needs config, worker and loop."
    )
