"""The base class of applications: its defaults, and the order of its engines."""

import asyncio
from typing import Any

import pytest
import uvloop

import api_hour
from api_hour.engines import Engine
from api_hour.worker.worker import Worker

WORKER = Worker(worker_id=1, pid=1)


class RecordingEngine(Engine):
    """Writes down when it is connected and closed; raises where it is told to."""

    def __init__(self, name: str, calls: list[str], *, raises_in: str = "") -> None:
        self.name = name
        self.calls = calls
        self.raises_in = raises_in

    async def connect(self) -> None:
        self.record("connect")

    async def close(self) -> None:
        self.record("close")

    def record(self, call: str) -> None:
        self.calls.append(f"{call} {self.name}")
        if call == self.raises_in:
            raise OSError(f"{self.name} cannot {call}")


def container_of(**engines: Any) -> api_hour.Container:
    container = api_hour.Container(config=None, worker=WORKER, loop=asyncio.get_running_loop())
    container.engines.update(engines)
    return container


def test_a_new_container_has_nothing_yet() -> None:
    loop = asyncio.new_event_loop()
    loop.close()

    container = api_hour.Container(config={"main": 1}, worker=WORKER, loop=loop)

    assert (container.config, container.worker, container.loop) == ({"main": 1}, WORKER, loop)
    assert (container.engines, container.services, list(container.servers)) == ({}, {}, [])


def test_a_container_that_is_given_no_loop_has_the_one_that_runs() -> None:
    async def make() -> bool:
        return api_hour.Container({}, WORKER).loop is asyncio.get_running_loop()

    assert asyncio.run(make())


def test_the_event_loop_is_uvloop_unless_a_container_chooses() -> None:
    loop = api_hour.Container.make_event_loop(None)
    loop.close()

    assert isinstance(loop, uvloop.Loop)


def test_a_container_must_say_what_it_serves() -> None:
    class Silent(api_hour.Container):
        pass

    loop = asyncio.new_event_loop()
    loop.close()

    with pytest.raises(NotImplementedError) as caught:
        Silent(config=None, worker=WORKER, loop=loop).make_servers()

    assert str(caught.value) == "Silent must define make_servers()"


def test_engines_connect_in_order_and_close_in_reverse() -> None:
    calls: list[str] = []

    async def live() -> None:
        container = container_of(
            a=RecordingEngine("a", calls), not_an_engine=object(), b=RecordingEngine("b", calls), task=None
        )
        await container.connect_engines()
        await container.close_engines()

    asyncio.run(live())

    assert calls == ["connect a", "connect b", "close b", "close a"]


def test_every_engine_is_closed_though_another_cannot_be() -> None:
    calls: list[str] = []

    async def live() -> None:
        await container_of(
            a=RecordingEngine("a", calls),
            b=RecordingEngine("b", calls, raises_in="close"),
            c=RecordingEngine("c", calls),
        ).close_engines()

    with pytest.raises(OSError, match=r"^b cannot close$"):
        asyncio.run(live())

    assert calls == ["close c", "close b", "close a"]


def test_the_engines_after_one_that_cannot_connect_are_left_alone() -> None:
    calls: list[str] = []

    async def live() -> None:
        await container_of(
            a=RecordingEngine("a", calls, raises_in="connect"), b=RecordingEngine("b", calls)
        ).connect_engines()

    with pytest.raises(OSError, match=r"^a cannot connect$"):
        asyncio.run(live())

    assert calls == ["connect a"]
