"""The forms of TARGET, and how a Container is made of each: one table, looked through from the top.

What an object is says how it can be called (`call_shape.py`); names decide only where two forms are called alike. A
factory that can be called without arguments is called so, when the worker starts, before there is an event loop,
unless it is a coroutine function: what that gives is promised, and awaited by whoever has the loop. No framework is
imported here: an application's own module has done that, or it would not be that framework's.
"""

import asyncio
import inspect
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from api_hour.container import Container, WorkerHandle
from api_hour.errors import ConfigError
from api_hour.worker.call_shape import CallShape, instance_call_of, shapes_of
from api_hour.worker.targets.hints import hint_for

_ASGI_3_WAS_MEANT = re.compile(r"missing 3 required positional arguments")
_WSGI_WAS_MEANT = re.compile(r"missing 2 required positional arguments: .* and 'start_response'")


@dataclass(frozen=True, slots=True)
class Promised:
    """A Container that can be made when something has been awaited: a factory was a coroutine function.

    Attributes:
        awaitable: what is to be awaited.
        container_of: makes the Container of what that gives, or promises it again.
    """

    awaitable: Awaitable[Any]
    container_of: "Callable[[Any], Container | Promised]"


class ContainerMaker(Protocol):
    """Makes the event loop and then the Container of one worker, as a Container class does."""

    def make_event_loop(self, config: Any) -> asyncio.AbstractEventLoop:
        """Return the loop of the worker."""

    def __call__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container | Promised:
        """Return the Container of the worker, or promise it."""


@dataclass(frozen=True, slots=True)
class OnDefaultLoop:
    """Makes a Container on the loop that `Container` would choose."""

    make: Callable[[Any, WorkerHandle, asyncio.AbstractEventLoop], Container | Promised]

    def make_event_loop(self, config: Any) -> asyncio.AbstractEventLoop:
        """Return the loop of the worker."""
        return Container.make_event_loop(config)

    def __call__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container | Promised:
        """Return the Container of the worker, or promise it."""
        return self.make(config, worker, loop)


def make_container(
    maker: ContainerMaker, *, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop
) -> Container:
    """Make the Container of a worker whose loop does not run yet."""
    made = maker(config=config, worker=worker, loop=loop)
    while isinstance(made, Promised):
        made = made.container_of(loop.run_until_complete(made.awaitable))
    return made


async def make_container_here(maker: ContainerMaker, *, config: Any, worker: WorkerHandle) -> Container:
    """Make a Container on the loop that runs."""
    made = maker(config=config, worker=worker, loop=asyncio.get_running_loop())
    while isinstance(made, Promised):
        made = made.container_of(await made.awaitable)
    return made


@dataclass(frozen=True, slots=True)
class Form:
    """One form of TARGET: how it is called in messages, how it is known, and what makes a Container of it."""

    what: str
    fits: Callable[[Any, CallShape | None], bool]
    maker: Callable[[Any, str], ContainerMaker]


def maker_of(found: Any, *, described_as: str, is_made: bool = False) -> ContainerMaker:
    """Return what makes a Container of an object.

    Args:
        found: the object that TARGET names, or that its factory returned.
        described_as: where it came from, for messages.
        is_made: a factory returned it: it may not be a factory without arguments again.

    Raises:
        ConfigError: it has none of the forms.
        Exception: whatever a factory without arguments raises.
    """
    forms = FORMS[:-1] if is_made else FORMS
    shapes: list[CallShape | None] = [*shapes_of(found)]
    for shape in shapes or [None]:
        for form in forms:
            if form.fits(found, shape):
                return form.maker(found, described_as)
    raise _refusal(found, described_as, forms)


def _refusal(found: Any, described_as: str, forms: "Sequence[Form]") -> ConfigError:
    expected = "; ".join(form.what for form in forms)
    message = f"{described_as}: expected one of: {expected}. Got {found!r}. {hint_for(found)}"
    return ConfigError(message.rstrip())


def maker_of_call(call: Callable[[], Any], described_as: str) -> ContainerMaker:
    """Return what makes a Container of what a call returns, or of what that gives when it is awaited.

    Args:
        call: the call; that of a coroutine function is left to the worker, which has a loop.
        described_as: whose call it is, for messages.

    Raises:
        ConfigError: what is returned has none of the forms.
        Exception: whatever the call raises.
    """
    made_here = f"{described_as}, what the factory returned"
    if inspect.iscoroutinefunction(call):
        return OnDefaultLoop(lambda *arguments: _container_of(call(), made_here, *arguments))
    made = call()
    if inspect.isawaitable(made):
        return OnDefaultLoop(lambda *arguments: _container_of(made, made_here, *arguments))
    return maker_of(made, described_as=made_here, is_made=True)


def _container_of(
    made: Any, described_as: str, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop
) -> Container | Promised:
    """Return the Container of what a factory returned, or promise it if that is to be awaited."""
    if inspect.isawaitable(made):
        return Promised(made, lambda given: _finished(given, described_as, config, worker, loop))
    return _finished(made, described_as, config, worker, loop)


def _finished(
    made: Any, described_as: str, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop
) -> Container | Promised:
    if isinstance(made, Container):
        return made
    return maker_of(made, described_as=described_as, is_made=True)(config=config, worker=worker, loop=loop)


# How each form is known.


def _is_container_class(found: Any, _shape: CallShape | None) -> bool:
    return isinstance(found, type) and issubclass(found, Container)


def _is_aiohttp_application(found: Any, _shape: CallShape | None) -> bool:
    web = sys.modules.get("aiohttp.web")
    return web is not None and isinstance(found, web.Application)


def _is_factory(found: Any, shape: CallShape | None) -> bool:
    if shape is None or isinstance(found, type):
        return False
    return bool(shape.required) and shape.takes(config=None, worker=None, loop=None)


def _is_asgi_3(found: Any, shape: CallShape | None) -> bool:
    if shape is None or not shape.takes(3):
        return False
    if isinstance(found, type):
        return hasattr(found, "__await__")  # as Starlette's HTTPEndpoint: made for each request, and awaited
    if shape.takes_anything:
        return shape.is_async or not shape.is_function
    if not shape.required:  # a factory with three options, unless it says what they are
        return next(iter(shape.signature.parameters)) == "scope"
    return shape.is_async or len(shape.required) != 2  # with two, the third is an option of WSGI


def _is_asgi_2(found: Any, shape: CallShape | None) -> bool:
    if shape is None or shape.is_async or len(shape.required) != 1 or not shape.takes(1):
        return False
    if isinstance(found, type):
        instance_call = instance_call_of(found)
        return instance_call is not None and instance_call.is_async and len(instance_call.required) == 3  # with self
    return "scope" in shape.required[0]  # or it would be a factory that lacks an argument


def _is_wsgi(found: Any, shape: CallShape | None) -> bool:
    if shape is None or shape.is_async or len(shape.required) != 2 or not shape.takes(2):
        return False
    return not isinstance(found, type) or hasattr(found, "__iter__")  # a class whose objects are the answers


def _is_factory_without_arguments(found: Any, shape: CallShape | None) -> bool:
    return shape is not None and not isinstance(found, type) and shape.takes()


# What makes a Container of each form.


def _of_class(found: Any, _described_as: str) -> ContainerMaker:
    return cast("ContainerMaker", found)


def _of_aiohttp_application(found: Any, _described_as: str) -> ContainerMaker:
    from api_hour.containers.aiohttp_application import AiohttpContainer  # noqa: PLC0415  # imports aiohttp

    return OnDefaultLoop(lambda config, worker, loop: AiohttpContainer(config, worker, loop, app=found))


def _of_asgi_3(found: Any, _described_as: str) -> ContainerMaker:
    from api_hour.containers.asgi import AsgiContainer  # noqa: PLC0415  # only workers that serve ASGI load it

    return OnDefaultLoop(lambda config, worker, loop: AsgiContainer(config, worker, loop, app=found))


def _of_asgi_2(found: Any, described_as: str) -> ContainerMaker:
    async def asgi_3(scope: Any, receive: Any, send: Any) -> None:
        await found(scope)(receive, send)

    return _of_asgi_3(asgi_3, described_as)


def _of_wsgi(found: Any, _described_as: str) -> ContainerMaker:
    from api_hour.containers.wsgi import WsgiContainer  # noqa: PLC0415  # only workers that serve WSGI load it

    return OnDefaultLoop(lambda config, worker, loop: WsgiContainer(config, worker, loop, app=found))


def _of_factory(found: Any, described_as: str) -> ContainerMaker:
    made_here = f"{described_as}, what the factory returned"

    def make(config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container | Promised:
        made = found(config=config, worker=worker, loop=loop)
        return _container_of(made, made_here, config, worker, loop)

    return OnDefaultLoop(make)


def _of_factory_without_arguments(found: Any, described_as: str) -> ContainerMaker:
    try:
        return maker_of_call(found, described_as)
    except TypeError as error:
        if not shapes_of(found)[-1].takes_anything:
            raise
        if _ASGI_3_WAS_MEANT.search(str(error)):  # a decorator hid what it takes
            return _of_asgi_3(found, described_as)
        if _WSGI_WAS_MEANT.search(str(error)):
            return _of_wsgi(found, described_as)
        raise


FORMS = (
    Form("a subclass of api_hour.Container", _is_container_class, _of_class),
    Form("an aiohttp.web.Application", _is_aiohttp_application, _of_aiohttp_application),
    Form("a factory of any of these, called with config, worker and loop", _is_factory, _of_factory),
    Form("an ASGI application, called with scope, receive and send", _is_asgi_3, _of_asgi_3),
    Form("an ASGI 2 application, called with scope", _is_asgi_2, _of_asgi_2),
    Form("a WSGI application, called with environ and start_response", _is_wsgi, _of_wsgi),
    Form(
        "a factory of any of these, called without arguments",
        _is_factory_without_arguments,
        _of_factory_without_arguments,
    ),
)
