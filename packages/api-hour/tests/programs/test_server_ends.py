"""The end of a server in the test's own process and event loop, however it comes, and what is left."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from event_loops import on_each_loop
from served_here import get, is_closed, nothing_left
from told_application import ToldApplication, ToldContainer

import api_hour
from api_hour.errors import ConfigError
from api_hour.programs.server import serve


@on_each_loop
async def test_an_answer_in_flight_ends_before_the_application_does() -> None:
    app = ToldApplication()
    async with nothing_left():
        async with serve(app) as server:
            asking = asyncio.create_task(get(f"{server.url}/wait"))
            await app.begun.wait()
            asyncio.get_running_loop().call_later(0.01, app.may_go.set)
        assert (await asking).text == "hello"

    assert app.diary == ["startup", "/wait", "shutdown"]


@on_each_loop
async def test_an_answer_that_takes_too_long_is_cut() -> None:
    app = ToldApplication()
    async with nothing_left():
        async with serve(app, graceful_timeout_s=0.0) as server:
            asking = asyncio.create_task(get(f"{server.url}/wait"))
            await app.begun.wait()
        with pytest.raises(httpx.HTTPError):
            await asking

    assert app.diary == ["startup", "shutdown"]


@on_each_loop
async def test_an_error_of_the_block_is_raised_when_the_server_has_ended() -> None:
    app = ToldApplication()
    async with nothing_left():
        with pytest.raises(LookupError):
            async with serve(app) as server:
                raise LookupError
        assert await is_closed(server)

    assert app.diary == ["startup", "shutdown"]


@on_each_loop
async def test_a_block_that_is_cancelled_ends_the_server(tmp_path: Path) -> None:
    app = ToldApplication()
    path = tmp_path / "a.sock"
    serves = asyncio.Event()

    async def block() -> None:
        async with serve(app, bind=f"unix:{path}"):
            serves.set()
            await asyncio.Event().wait()

    async with nothing_left():
        task = asyncio.create_task(block())
        await serves.wait()
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
        assert not path.exists()

    assert app.diary == ["startup", "shutdown"]


async def serve_for_a_moment(app: ToldApplication) -> None:
    async with asyncio.timeout(None) as limit, serve(app):
        limit.reschedule(asyncio.get_running_loop().time() + 0.01)
        await asyncio.Event().wait()


@on_each_loop
async def test_a_time_limit_around_the_block_ends_the_server() -> None:
    app = ToldApplication()
    async with nothing_left():
        with pytest.raises(TimeoutError):
            await serve_for_a_moment(app)

    assert app.diary == ["startup", "shutdown"]


@on_each_loop
async def test_a_second_cancellation_cuts_short_what_is_in_flight() -> None:
    app = ToldApplication()
    serves: asyncio.Future[api_hour.RunningServer] = asyncio.get_running_loop().create_future()

    async def block() -> None:
        async with serve(app) as server:
            serves.set_result(server)
            await asyncio.Event().wait()

    async with nothing_left():
        task = asyncio.create_task(block())
        server = await serves
        asking = asyncio.create_task(get(f"{server.url}/wait"))
        await app.begun.wait()
        task.cancel()
        await server.container.retiring.wait()
        assert not task.done()

        task.cancel()
        await asyncio.wait((task,))

        assert task.cancelled()
        with pytest.raises(httpx.HTTPError):
            await asking
        assert await is_closed(server)


@on_each_loop
async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    class Slow(ToldContainer):
        async def start(self) -> None:
            await super().start()
            begun.set_result(self)
            await asyncio.Event().wait()

    begun: asyncio.Future[Slow] = asyncio.get_running_loop().create_future()

    async def block() -> None:
        async with serve(Slow):
            pytest.fail("it is served")

    async with nothing_left():
        task = asyncio.create_task(block())
        container = await begun
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()

    assert container.diary == ("pre_start", "start", "cleanup")


@on_each_loop
async def test_an_application_that_does_not_start_says_why(tmp_path: Path) -> None:
    app = ToldApplication(raises_in="startup")
    path = tmp_path / "a.sock"
    async with nothing_left():
        with pytest.raises(RuntimeError) as caught:
            async with serve(app, bind=f"unix:{path}"):
                pytest.fail("it is served")
        assert not path.exists()

    assert str(caught.value.__cause__) == "startup is broken"


@on_each_loop
async def test_an_application_that_does_not_end_well_says_why() -> None:
    app = ToldApplication(raises_in="shutdown")
    async with nothing_left():
        with pytest.raises(RuntimeError) as caught:
            async with serve(app) as server:
                pass
        assert await is_closed(server)

    assert str(caught.value.__cause__) == "shutdown is broken"


@on_each_loop
async def test_an_error_of_the_block_is_raised_rather_than_one_of_the_end(caplog: pytest.LogCaptureFixture) -> None:
    async with nothing_left():
        with pytest.raises(LookupError):
            async with serve(ToldApplication(raises_in="shutdown")):
                raise LookupError

    [record] = [record for record in caplog.records if record.name == "api_hour.worker"]
    assert record.getMessage() == "the server did not end well"
    assert record.exc_info is not None


class HalfOpened(ToldContainer):
    """Has a handler that fits the first address alone, which is served by then."""

    def make_servers(self) -> Any:
        return [*super().make_servers(), 3]


@on_each_loop
async def test_addresses_that_were_opened_before_one_that_cannot_be_are_closed() -> None:
    async with nothing_left():
        with pytest.raises(ConfigError) as caught:
            async with serve(HalfOpened, bind=("127.0.0.1:0", "127.0.0.1:0")):
                pytest.fail("it is served")

    assert str(caught.value).endswith("; got 3.")
