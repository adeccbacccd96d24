"""The base class of engines, by a source that does what the test says."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until

from api_hour.engines import Engine, EngineUnavailable, Patience, PooledEngine
from api_hour.engines.backoff import Backoff
from api_hour.errors import StartError

SOON = Backoff(first_s=0.0)


class Station(Engine):
    """A source that is reached unless `error` is set."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"name": "station", "backoff": SOON, **options})
        self.calls: list[str] = []
        self.error: Exception | None = None

    async def open(self) -> None:
        await self._call("open")

    async def check(self) -> None:
        await self._call("check")

    async def shut(self) -> None:
        self.calls.append("shut")

    async def _call(self, name: str) -> None:
        self.calls.append(name)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error


@asynccontextmanager
async def connected(engine: Engine) -> AsyncIterator[None]:
    try:
        await engine.connect()
        yield
    finally:
        await engine.close()


@on_each_loop
async def test_it_is_up_when_it_was_opened_and_down_when_it_was_shut() -> None:
    station = Station()
    assert (station.status.state, station.status.last_error) == (
        "down",
        "not connected: add it to Container.engines, or await connect()",
    )
    async with connected(station):
        assert (station.status.name, station.status.state, station.status.last_error) == ("station", "up", "")
        assert station.status.since_at_s > 0
        await station.wait_until_up()
    assert (station.status.state, station.status.last_error) == ("down", "closed")
    await station.close()  # nothing is left to close
    assert station.calls == ["open", "shut"]


@on_each_loop
async def test_what_is_lost_is_opened_again_until_it_succeeds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api_hour.engines")
    station = Station()
    async with connected(station):
        station.error = OSError("no line")
        station.lost(EOFError())
        assert station.status.state == "connecting"
        await until(lambda: station.calls.count("open") > 3)
        assert (station.status.state, station.status.last_error) == ("down", "OSError: no line")
        station.error = TimeoutError("busy")
        await until(lambda: station.status.last_error == "TimeoutError: busy")
        station.error = None
        await station.wait_until_up()
    assert caplog.messages == [
        "engine 'station' is up",
        "engine 'station' is lost: EOFError",
        "engine 'station' cannot connect: OSError: no line",
        "engine 'station' cannot connect: TimeoutError: busy",
        "engine 'station' is up",
    ]


@on_each_loop
async def test_a_source_that_does_not_pass_its_check_is_opened_again() -> None:
    station = Station(patience=Patience(check_interval_s=0.01))
    async with connected(station):
        await until(lambda: "check" in station.calls)
        station.error = OSError("no line")
        await until(lambda: station.status.state == "down")
        station.error = None
        await until(lambda: station.status.state == "up")


@on_each_loop
async def test_an_attempt_that_takes_too_long_is_given_up() -> None:
    class Silent(Station):
        async def open(self) -> None:
            self.calls.append("open")
            if len(self.calls) == 1:
                await asyncio.Event().wait()

    silent = Silent(patience=Patience(connect_s=0.01))
    async with connected(silent):
        assert (silent.status.state, silent.status.last_error) == ("up", "TimeoutError")


@on_each_loop
async def test_a_borrower_waits_for_a_source_that_was_lost() -> None:
    station = Station(patience=Patience(borrow_s=60.0))
    async with connected(station):
        station.error = OSError("no line")
        station.lost(EOFError())
        waiting = asyncio.create_task(station.wait_until_up())
        await let_run()
        assert not waiting.done()
        station.error = None
        await waiting


@on_each_loop
async def test_who_waited_in_vain_is_told_why_and_the_next_at_once() -> None:
    station = Station(patience=Patience(borrow_s=0.05))
    async with connected(station):
        station.error = OSError("no line")
        station.lost(EOFError())
        for _ in range(2):
            with pytest.raises(EngineUnavailable) as caught:
                await station.wait_until_up()
            away = r"engine 'station' is unavailable: down for \d+\.\d s, last error: OSError: no line"
            assert re.fullmatch(away + r" \(waited \d+\.\d s\)", str(caught.value))
        assert str(caught.value).endswith("(waited 0.0 s)")
        assert station.status.refused == 2


@on_each_loop
async def test_a_required_engine_that_does_not_come_up_fails_the_boot() -> None:
    station = Station(patience=Patience(boot_s=0.05))
    station.error = OSError("no line")

    with pytest.raises(StartError) as caught:
        await station.connect()

    assert str(caught.value) == "engine 'station' did not come up within 0.05 s: OSError: no line"
    assert station.calls[-1] == "shut"


@on_each_loop
async def test_the_boot_fails_though_no_attempt_has_ended() -> None:
    class Silent(Station):
        async def open(self) -> None:
            await asyncio.Event().wait()

    with pytest.raises(StartError) as caught:
        await Silent(patience=Patience(boot_s=0.01)).connect()

    assert str(caught.value) == "engine 'station' did not come up within 0.01 s: no attempt has ended yet"


@on_each_loop
async def test_a_worker_serves_without_an_engine_that_is_not_required(caplog: pytest.LogCaptureFixture) -> None:
    station = Station(required=False, patience=Patience(boot_s=0.05))
    station.error = OSError("no line")
    async with connected(station):
        assert station.status.state == "down"
        assert caplog.messages[-1] == ("engine 'station' did not come up within 0.05 s; the worker serves without it")
        station.error = None
        await until(lambda: station.status.state == "up")


@on_each_loop
async def test_a_mistake_ends_the_boot_at_once() -> None:
    station = Station()
    station.error = KeyError("typo")

    with pytest.raises(KeyError, match=r"^'typo'$"):
        await station.connect()
    await station.close()


@on_each_loop
async def test_a_mistake_after_the_boot_is_logged_and_the_source_opened_again(caplog: pytest.LogCaptureFixture) -> None:
    station = Station()
    async with connected(station):
        station.error = KeyError("typo")
        station.lost(EOFError())
        await until(lambda: station.status.state == "down")
        station.error = None
        await until(lambda: station.status.state == "up")
    assert "engine 'station' has a mistake" in caplog.messages
    assert "KeyError: 'typo'" in caplog.text


@on_each_loop
async def test_a_boot_that_is_cancelled_leaves_nothing() -> None:
    station = Station()
    station.error = OSError("no line")
    booting = asyncio.create_task(station.connect())
    await until(lambda: station.calls)
    booting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await booting
    await station.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}


@on_each_loop
async def test_what_runs_beside_it_may_finish_or_is_cancelled() -> None:
    station = Station(patience=Patience(close_s=0.05))
    ended: list[str] = []

    async def run(name: str, work: Callable[[], Any]) -> None:
        try:
            await work()
        finally:
            ended.append(name)

    async with connected(station):
        station.run_beside(run("brief", lambda: asyncio.sleep(0)))
        station.run_beside(run("endless", asyncio.Event().wait))
    assert ended == ["brief", "endless"]


@on_each_loop
async def test_what_is_lost_after_the_end_is_not_told() -> None:
    station = Station()
    async with connected(station):
        pass
    station.lost(EOFError())

    assert (station.status.state, station.status.last_error) == ("down", "closed")


@on_each_loop
async def test_an_engine_must_say_how_it_opens() -> None:
    class Silent(Engine):
        pass

    class SilentPool(PooledEngine[Any]):
        pass

    for engine, method in ((Silent(), "open"), (SilentPool(), "open_connection")):
        with pytest.raises(NotImplementedError) as caught:
            await engine.connect()
        assert str(caught.value) == f"{type(engine).__name__} must define {method}()"
        await engine.close()


class Phones(PooledEngine[int]):
    """A pool of numbers; the base class's hooks are enough."""

    async def open_connection(self) -> int:
        return self.status.connections + 1


@on_each_loop
async def test_a_pool_of_ones_own_needs_no_more_than_how_to_open_a_connection() -> None:
    phones = Phones(name="phones", max_size=2, patience=Patience(borrow_s=0.01, check_interval_s=0.01))
    async with connected(phones):
        borrowed = [await phones.borrow(), await phones.borrow()]
        assert borrowed == [1, 2]
        with pytest.raises(EngineUnavailable) as caught:
            await phones.borrow()
        assert "all 2 connections are in use" in str(caught.value)
        phones.discard(borrowed[0], OSError("broken"))
        phones.give_back(borrowed[1])
        assert (phones.status.connections, phones.status.borrowed) == (1, 0)
        await asyncio.sleep(0.05)
        assert phones.status.state == "up"


class ClosedPhones(Phones):
    """A pool whose connections end without a word."""

    is_open = True

    async def open_connection(self) -> int:
        if not self.is_open:
            raise OSError("no line")
        return await super().open_connection()

    def is_usable(self, connection: int) -> bool:  # noqa: ARG002  # all are alike
        return self.is_open


@on_each_loop
async def test_a_pool_whose_free_connections_are_all_found_closed_is_lost() -> None:
    phones = ClosedPhones(name="phones", min_size=2, max_size=2, backoff=SOON, patience=Patience(borrow_s=0.05))
    async with connected(phones):
        phones.is_open = False
        with pytest.raises(EngineUnavailable) as caught:
            await phones.borrow()
        assert "last error: OSError: no line" in str(caught.value)
        assert (phones.status.state, phones.status.connections) == ("down", 0)
        phones.is_open = True
        await until(lambda: phones.status.connections == 2)
        assert phones.status.state == "up"
