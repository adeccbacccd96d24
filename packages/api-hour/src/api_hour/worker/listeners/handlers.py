"""The handlers that `make_servers()` returns for addresses, and whether they fit what an address carries.

A stream address (TCP, unix) takes a protocol factory or a coroutine function with a StreamReader and a StreamWriter; a
UDP address takes a factory of datagram protocols. What does not fit is refused before the worker serves, as far as it
can be known without calling the factory: from a class, or from the class that a function says it returns.
"""

import asyncio
import functools
import socket
from collections.abc import Iterable, Sequence
from inspect import Signature
from typing import Any, TypeVar, cast

from api_hour.control.addresses import describe_address
from api_hour.errors import ConfigError
from api_hour.signature import signature_of
from api_hour.worker.call_shape import gives_coroutine
from api_hour.worker.listeners.connections import ProtocolFactory
from api_hour.worker.listeners.streams import StreamConnection

T = TypeVar("T")

STREAM_HANDLERS = (
    "expected a factory of asyncio.Protocol, or a coroutine function that takes a StreamReader and a StreamWriter"
)
DATAGRAM_HANDLERS = "expected a factory of asyncio.DatagramProtocol"


def handlers_for(handlers: Sequence[Any], binds: int) -> Iterable[Any]:
    """Share handlers out over the addresses: one for all of them, or one for each.

    Raises:
        ConfigError: there are several, but not as many as addresses.
    """
    if len(handlers) == 1:
        return list(handlers) * binds
    if len(handlers) != binds:
        raise ConfigError(
            f"make_servers() returned {len(handlers)} handlers for {binds} --bind addresses; "
            "expected one for all of them, or one for each."
        )
    return handlers


def with_twins(items: Iterable[T], twins: Sequence[int]) -> list[T]:
    """Return what is of each socket, from what is of each address: see `WorkerOrder.twins`."""
    of_binds = list(items)
    return [*of_binds, *(of_binds[number] for number in twins)]


def stream_factory(handler: Any, listener: socket.socket, loop: asyncio.AbstractEventLoop) -> ProtocolFactory:
    """Turn the handler of a stream address into a protocol factory.

    Args:
        handler: what `make_servers()` returned for the address.
        listener: the address's socket.
        loop: the worker's event loop.

    Raises:
        ConfigError: it cannot handle streams.
    """
    if gives_coroutine(handler):
        return lambda: StreamConnection(handler, loop)
    made = _class_made_by(handler)
    if not callable(handler) or (
        made is not None and not issubclass(made, (asyncio.Protocol, asyncio.BufferedProtocol))
    ):
        raise ConfigError(f"make_servers(), for {describe_address(listener)}: {STREAM_HANDLERS}; got {handler!r}.")
    return cast("ProtocolFactory", handler)


def datagram_protocol(handler: Any, listener: socket.socket) -> asyncio.DatagramProtocol:
    """Make the protocol that handles the datagrams of a UDP address.

    Args:
        handler: what `make_servers()` returned for the address.
        listener: the address's socket.

    Raises:
        ConfigError: it cannot handle datagrams.
    """
    protocol = handler() if callable(handler) and not gives_coroutine(handler) else None
    if not hasattr(protocol, "datagram_received"):
        raise ConfigError(f"make_servers(), for {describe_address(listener)}: {DATAGRAM_HANDLERS}; got {handler!r}.")
    return cast("asyncio.DatagramProtocol", protocol)


def _class_made_by(factory: Any) -> type | None:
    """Return the class of what a factory makes; None when only a call would tell."""
    while isinstance(factory, functools.partial):
        factory = factory.func
    if isinstance(factory, type):
        return factory
    signature = signature_of(factory)
    made = None if signature is None else signature.return_annotation
    return made if isinstance(made, type) and made is not Signature.empty else None
