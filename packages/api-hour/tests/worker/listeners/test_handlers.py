"""What may handle an address, and what is refused before the worker serves."""

import asyncio
import functools
from typing import Any

import pytest
from accepting import Recorder, accepting, client_of, shout
from event_loops import on_each_loop
from listening_sockets import datagram_socket, listening

from api_hour.errors import ConfigError
from api_hour.http import HttpServer, Router
from api_hour.worker.listeners.handlers import datagram_protocol, handlers_for, stream_factory

STREAM_HANDLERS = (
    "expected a factory of asyncio.Protocol, or a coroutine function that takes a StreamReader and a StreamWriter"
)


class Datagram(asyncio.DatagramProtocol):
    """A protocol for UDP."""


class Buffered(asyncio.BufferedProtocol):
    """The other kind of stream protocol."""


def make_datagram() -> Datagram:
    """A factory that says what it makes."""
    return Datagram()


# Which handler serves which address.


def test_one_handler_serves_every_address() -> None:
    assert list(handlers_for(["a"], 3)) == ["a", "a", "a"]


def test_each_of_several_handlers_serves_its_address() -> None:
    assert list(handlers_for(["a", "b"], 2)) == ["a", "b"]


@pytest.mark.parametrize(("handlers", "binds"), [([], 1), (["a", "b"], 1), (["a", "b"], 3)])
def test_another_number_of_handlers_is_refused(handlers: list[str], binds: int) -> None:
    with pytest.raises(ConfigError) as caught:
        handlers_for(handlers, binds)

    assert str(caught.value) == (
        f"make_servers() returned {len(handlers)} handlers for {binds} --bind addresses; "
        "expected one for all of them, or one for each."
    )


# Streams.


class Shouter:
    """The same as an object, and as a method."""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shout(reader, writer)

    async def method(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await shout(reader, writer)


@pytest.mark.parametrize("handler", [shout, Shouter(), Shouter().method, functools.partial(shout)])
@on_each_loop
async def test_a_coroutine_function_is_given_streams(handler: Any) -> None:
    with listening() as [listener]:
        factory = stream_factory(handler, listener, asyncio.get_running_loop())
        with accepting(listener, factory):
            for word in (b"one\n", b"two\n"):
                async with client_of(listener) as (reader, writer):
                    writer.write(word)

                    assert await reader.read() == word.upper()


@pytest.mark.parametrize("handler", [Recorder, Buffered, HttpServer(Router()), lambda: Recorder([])])
@on_each_loop
async def test_anything_else_that_can_be_called_is_a_protocol_factory(handler: Any) -> None:
    with listening() as [listener]:
        assert stream_factory(handler, listener, asyncio.get_running_loop()) is handler


@pytest.mark.parametrize("handler", [Datagram, make_datagram, functools.partial(Datagram), asyncio.BaseProtocol, 7])
@on_each_loop
async def test_what_handles_no_streams_is_refused(handler: Any) -> None:
    with listening() as [listener]:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigError) as caught:
            stream_factory(handler, listener, asyncio.get_running_loop())

    assert str(caught.value) == f"make_servers(), for 127.0.0.1:{port}: {STREAM_HANDLERS}; got {handler!r}."


# Datagrams.


@pytest.mark.parametrize("handler", [Datagram, make_datagram, lambda: Datagram()])  # noqa: PLW0108  # one that says nothing
def test_a_factory_of_datagram_protocols_handles_a_udp_address(handler: Any) -> None:
    with datagram_socket() as listener:
        assert isinstance(datagram_protocol(handler, listener), Datagram)


@pytest.mark.parametrize("handler", [shout, asyncio.Protocol, lambda: None, 7])
def test_what_handles_no_datagrams_is_refused(handler: Any) -> None:
    with datagram_socket() as listener:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigError) as caught:
            datagram_protocol(handler, listener)

    assert str(caught.value) == (
        f"make_servers(), for udp:127.0.0.1:{port}: expected a factory of asyncio.DatagramProtocol; got {handler!r}."
    )
