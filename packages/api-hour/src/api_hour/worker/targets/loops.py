"""The event loop of a worker: its Container's own, or the one that `--loop` chooses."""

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

import uvloop

from api_hour.container import Container
from api_hour.errors import ConfigError
from api_hour.worker.targets.forms import ContainerMaker

OWN_CHOICE = "auto"

_FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def loop_factory(choice: str, maker: ContainerMaker) -> Callable[[Any], asyncio.AbstractEventLoop]:
    """Return what makes the loop, called with the application's configuration.

    Args:
        choice: the value of `--loop`: a name, or MODULE:FACTORY.
        maker: what makes the Container; a class with a `make_event_loop` of its own makes its loop.

    Raises:
        ConfigError: there is no such factory.
        Exception: whatever importing its module raises.
    """
    if choice == OWN_CHOICE or _makes_its_own(maker):
        return maker.make_event_loop
    factory = _FACTORIES.get(choice) or _import(choice)
    return lambda _config: factory()


def _makes_its_own(maker: ContainerMaker) -> bool:
    default: Any = Container.make_event_loop
    return isinstance(maker, type) and getattr(maker.make_event_loop, "__func__", None) is not default.__func__


def _import(choice: str) -> Callable[[], asyncio.AbstractEventLoop]:
    module_name, _, path = choice.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise ConfigError(f"--loop: expected a module that can be imported; there is no {error.name!r}.") from None
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise ConfigError(f"--loop: expected a factory of event loops; {choice!r} is none.")
    factory: Callable[[], asyncio.AbstractEventLoop] = found
    return factory
