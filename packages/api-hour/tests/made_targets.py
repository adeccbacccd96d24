"""Targets of several forms, and the Containers that are made of them."""

import asyncio
from typing import Any

import pytest

import api_hour
from api_hour.errors import ConfigError
from api_hour.worker.targets.forms import make_container, maker_of
from api_hour.worker.worker import Worker

WORKER = Worker(worker_id=1, pid=1)
ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS = (
    "a subclass of api_hour.Container; an aiohttp.web.Application; "
    "a factory of any of these, called with config, worker and loop; "
    "an ASGI application, called with scope, receive and send; an ASGI 2 application, called with scope; "
    "a WSGI application, called with environ and start_response"
)
ALL_FORMS = f"{ALL_BUT_FACTORIES_WITHOUT_ARGUMENTS}; a factory of any of these, called without arguments"


class StandInServer:
    """In the place of the ASGI server, whose own tests are elsewhere."""

    def __init__(self, app: Any, *, container: Any) -> None:
        self.app = app
        self.container = container


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
        container = make_container(maker, config={"main": 1}, worker=WORKER, loop=loop)
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


# ASGI.


async def asgi_function(scope: Any, receive: Any, send: Any) -> None:
    """The usual form."""


class AsgiObject:
    """What frameworks make."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""

    async def method(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, too."""

    @staticmethod
    async def static_method(scope: Any, receive: Any, send: Any) -> None:
        """Answer, too."""


class Asgi2:
    """What ASGI 2 calls with the scope, and then with the rest."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope

    async def __call__(self, receive: Any, send: Any) -> None:
        await send((self.scope, await receive()))


async def make_asgi_later() -> Any:
    """A coroutine function."""
    await asyncio.sleep(0)
    return asgi_function
