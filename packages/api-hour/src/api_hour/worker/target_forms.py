"""What TARGET may be, and how a Container is made of it: one table, looked through from the top.

A factory without arguments is called when the worker starts, before there is an event loop, unless it is a coroutine
function; a factory with config, worker and loop is called in the place of a Container class. No framework is imported
here: an application's own module has done that, or it would not be that framework's.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from api_hour.container import Container, WorkerHandle
from api_hour.errors import ConfigError


class ContainerMaker(Protocol):
    """Makes the event loop and then the Container of one worker, as a Container class does."""

    def make_event_loop(self, config: Any) -> asyncio.AbstractEventLoop:
        """Return the loop of the worker."""

    def __call__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container:
        """Return the Container of the worker."""


@dataclass(frozen=True, slots=True)
class OnDefaultLoop:
    """Makes a Container on the loop that `Container` would choose."""

    make: Callable[[Any, WorkerHandle, asyncio.AbstractEventLoop], Container]

    def make_event_loop(self, config: Any) -> asyncio.AbstractEventLoop:
        """Return the loop of the worker."""
        return Container.make_event_loop(config)

    def __call__(self, config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container:
        """Return the Container of the worker."""
        return self.make(config, worker, loop)


@dataclass(frozen=True, slots=True)
class Form:
    """One form of TARGET: how it is called in messages, how it is known, and what makes a Container of it."""

    what: str
    fits: Callable[[Any], bool]
    maker: Callable[[Any, str], ContainerMaker]


def maker_of(found: Any, *, described_as: str, is_made: bool = False) -> ContainerMaker:
    """Return what makes a Container of an object.

    Args:
        found: the object that TARGET names, or that its factory returned.
        described_as: where it came from, for messages.
        is_made: a factory returned it: it may not be a factory without arguments again.

    Raises:
        ConfigError: it has none of the forms.
    """
    forms = FORMS[:-1] if is_made else FORMS
    for form in forms:
        if form.fits(found):
            return form.maker(found, described_as)
    expected = "; ".join(form.what for form in forms)
    hint = " It looks like WSGI, which is not served." if _looks_like_wsgi(found) else ""
    raise ConfigError(f"{described_as}: expected one of: {expected}. Got {found!r}.{hint}")


# How each form is known.


def _is_container_class(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, Container)


def _is_aiohttp_application(found: Any) -> bool:
    web = sys.modules.get("aiohttp.web")
    return web is not None and isinstance(found, web.Application)


def _is_asgi_application(found: Any) -> bool:
    if not _takes(found, 3):
        return False
    names = list(inspect.signature(found).parameters)
    return names != ["config", "worker", "loop"] if _is_async(found) else names[0] == "scope"


def _is_factory(found: Any) -> bool:
    return _takes(found, config=None, worker=None, loop=None) and not _is_async(found)


def _is_factory_without_arguments(found: Any) -> bool:
    return _takes(found)


def _is_async(found: Any) -> bool:
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(type(found).__call__)


def _looks_like_wsgi(found: Any) -> bool:
    return _takes(found, 2)


def _takes(found: Any, positional: int = 0, /, **keywords: None) -> bool:
    """Tell whether a function or an object, but not a class, may be called with these arguments."""
    if isinstance(found, type) or not callable(found):
        return False
    try:
        inspect.signature(found).bind(*range(positional), **keywords)
    except (TypeError, ValueError):  # it does not fit, or is written in C and does not tell
        return False
    return True


# What makes a Container of each form.


def _of_class(found: Any, _described_as: str) -> ContainerMaker:
    return cast("ContainerMaker", found)


def _of_aiohttp_application(found: Any, _described_as: str) -> ContainerMaker:
    from api_hour.containers.aiohttp_application import AiohttpContainer  # noqa: PLC0415  # imports aiohttp

    return OnDefaultLoop(lambda config, worker, loop: AiohttpContainer(config, worker, loop, app=found))


def _of_asgi_application(found: Any, _described_as: str) -> ContainerMaker:
    from api_hour.containers.asgi import AsgiContainer  # noqa: PLC0415  # only workers that serve ASGI load it

    return OnDefaultLoop(lambda config, worker, loop: AsgiContainer(config, worker, loop, app=found))


def _of_factory(found: Any, described_as: str) -> ContainerMaker:
    def make(config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container:
        container = found(config=config, worker=worker, loop=loop)
        if not isinstance(container, Container):
            raise ConfigError(
                f"{described_as}: expected a factory that returns a Container; it returned {container!r}."
            )
        return container

    return OnDefaultLoop(make)


def _of_factory_without_arguments(found: Any, described_as: str) -> ContainerMaker:
    made_here = f"{described_as}, what the factory returned"
    if not _is_async(found):
        return maker_of(found(), described_as=made_here, is_made=True)

    def make(config: Any, worker: WorkerHandle, loop: asyncio.AbstractEventLoop) -> Container:
        maker = maker_of(loop.run_until_complete(found()), described_as=made_here, is_made=True)
        return maker(config=config, worker=worker, loop=loop)

    return OnDefaultLoop(make)


FORMS = (
    Form("a subclass of api_hour.Container", _is_container_class, _of_class),
    Form("an aiohttp.web.Application", _is_aiohttp_application, _of_aiohttp_application),
    Form("an ASGI application, called with scope, receive and send", _is_asgi_application, _of_asgi_application),
    Form("a factory of a Container, called with config, worker and loop", _is_factory, _of_factory),
    Form(
        "a factory of any of these, called without arguments",
        _is_factory_without_arguments,
        _of_factory_without_arguments,
    ),
)
