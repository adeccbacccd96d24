"""The Redis engine against a real server that stops, comes back, and does not answer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from event_loops import let_run, on_each_loop, until
from private_valkey import PrivateValkey, private_valkey

from api_hour.engines import EngineUnavailable, Patience
from api_hour.engines.backoff import Backoff
from api_hour.engines.redis import RedisEngine
from api_hour.errors import StartError

BRIEF = Patience(borrow_s=0.2, connect_s=0.5, check_interval_s=0.05)
PATIENT = Patience(borrow_s=60.0, connect_s=60.0)  # where nobody is to be refused, however slow the machine is
SOON = Backoff(first_s=0.01, limit_s=0.02)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[PrivateValkey]:
    with private_valkey(tmp_path) as server:
        yield server


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[RedisEngine]:
    """Give an engine that is closed at the end of the block."""
    engine = RedisEngine(url, **{"name": "redis", "max_size": 2, "patience": BRIEF, "backoff": SOON, **options})
    await engine.connect()
    try:
        yield engine
    finally:
        await engine.close()


async def clients(engine: RedisEngine) -> int:
    """Count the server's connections."""
    async with engine.connection() as client:
        return len(await client.client_list())


@on_each_loop
async def test_a_command_is_answered(valkey: PrivateValkey) -> None:
    async with connected(valkey.url) as engine:
        assert await engine.execute("SET", "key", "value") is True
        assert await engine.execute("GET", "key") == b"value"
        with pytest.raises(redis.ResponseError):
            await engine.execute("INCR", "key")
        assert engine.status.connections == 1


@on_each_loop
async def test_a_borrowed_client_has_the_whole_of_redis_py(valkey: PrivateValkey) -> None:
    text = {"decode_responses": True}
    async with connected(valkey.url, connect_options=text) as engine, engine.connection() as client:
        async with client.pipeline() as pipeline:
            pipeline.set("n", 1)
            pipeline.incr("n")
            assert await pipeline.execute() == [True, 2]
        assert await client.get("n") == "2"


@on_each_loop
async def test_it_never_has_more_connections_than_allowed(valkey: PrivateValkey) -> None:
    async with connected(valkey.url, max_size=3, patience=PATIENT) as engine:
        await asyncio.gather(*(engine.execute("INCR", "n") for _ in range(60)))

        assert await engine.execute("GET", "n") == b"60"
        assert await clients(engine) <= 3


@on_each_loop
async def test_after_a_restart_of_the_server_everything_works(valkey: PrivateValkey) -> None:
    async with connected(valkey.url, min_size=2) as engine:
        with valkey.stopped():
            await until(lambda: engine.status.state == "down")
            with pytest.raises(EngineUnavailable) as caught:
                await engine.execute("PING")
            assert "engine 'redis' is unavailable: down for " in str(caught.value)
        await until(lambda: engine.status.state == "up" and engine.status.connections == 2)

        assert await asyncio.gather(*(engine.execute("PING") for _ in range(20))) == [True] * 20
        assert await clients(engine) == 2


@on_each_loop
async def test_a_command_whose_server_stops_is_told_so(valkey: PrivateValkey) -> None:
    async with connected(valkey.url) as engine:
        waiting = asyncio.create_task(engine.execute("BLPOP", "nothing", 0))
        await until(lambda: engine.status.borrowed == 1)
        await asyncio.sleep(0)
        with valkey.stopped():
            with pytest.raises(EngineUnavailable) as caught:
                await waiting
            assert str(caught.value).startswith("engine 'redis' is unavailable: the connection was lost: ")


@on_each_loop
async def test_a_server_that_accepts_and_does_not_answer_is_noticed(valkey: PrivateValkey) -> None:
    async with connected(valkey.url, command_timeout_s=0.05) as engine:
        with valkey.frozen():
            with pytest.raises(EngineUnavailable):
                await engine.execute("PING")
            await until(lambda: engine.status.state == "down")
        await until(lambda: engine.status.state == "up")

        assert await engine.execute("PING") is True


@on_each_loop
async def test_a_cancelled_borrower_leaves_no_answer_to_the_next(
    valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(valkey.url, max_size=1) as engine:
        waiting = asyncio.create_task(engine.execute("BLPOP", "list", 0))
        await until(lambda: valkey.waiting_clients() == 1)
        await let_run()  # the command has been sent: while it is, the wait_for() of 3.11 may ignore a cancellation
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert await engine.execute("RPUSH", "list", "item") == 1
        assert await engine.execute("LPOP", "list") == b"item"
        assert (engine.status.state, engine.status.connections) == ("up", 1)
    assert caplog.messages == []  # nothing is lost


@on_each_loop
async def test_a_borrower_that_is_cancelled_between_two_commands_costs_no_connection(
    valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(valkey.url, max_size=1) as engine:
        number = await engine.execute("CLIENT", "ID")
        is_borrowed = asyncio.Event()

        async def borrow_and_wait() -> None:
            async with engine.connection() as client:
                await client.get("key")
                is_borrowed.set()
                await asyncio.Event().wait()

        waiting = asyncio.create_task(borrow_and_wait())
        await is_borrowed.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

        assert await engine.execute("CLIENT", "ID") == number
    assert caplog.messages == []


@on_each_loop
async def test_whenever_borrowers_are_cancelled_the_others_get_their_own_answers(
    valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(valkey.url, max_size=2, patience=Patience()) as engine:
        for steps in range(40):  # of the loop, before the cancellation: at the latest, the answer is there
            cancelled = [asyncio.create_task(engine.execute("ECHO", f"cancelled {number}")) for number in range(3)]
            others = [asyncio.create_task(engine.execute("ECHO", f"other {number}")) for number in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in cancelled:
                task.cancel()

            assert await asyncio.gather(*others) == [b"other %d" % number for number in range(3)]
            await asyncio.wait(cancelled)
    assert caplog.messages == []


@on_each_loop
async def test_a_server_that_is_found_gone_after_a_cancellation_is_lost(
    valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(valkey.url, max_size=1, patience=Patience(borrow_s=0.2, connect_s=0.5)) as engine:
        waiting = asyncio.create_task(engine.execute("BLPOP", "list", 0))
        await until(lambda: valkey.waiting_clients() == 1)
        await let_run()
        with valkey.frozen():
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await until(lambda: engine.status.state == "down")
        await until(lambda: engine.status.state == "up")

        assert await engine.execute("PING") is True
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "engine 'redis' is lost",
        "engine 'redis' cannot connect",
    ]


@on_each_loop
async def test_a_subscription_that_was_left_open_costs_one_connection_and_not_the_pool(
    valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(valkey.url, max_size=1) as engine:
        async with engine.connection() as client:
            subscription = client.pubsub()
            await subscription.subscribe("news")
        with pytest.raises(redis.ConnectionError) as caught:
            await engine.execute("PING")
        assert str(caught.value) == "Too many connections"
        await subscription.aclose()  # type: ignore[no-untyped-call]  # redis-py does not say

        assert await engine.execute("PING") is True
    assert caplog.messages == []


@on_each_loop
async def test_a_server_that_is_gone_when_the_last_connection_is_to_be_replaced_is_lost(valkey: PrivateValkey) -> None:
    async with connected(valkey.url, max_size=1, patience=Patience(connect_s=0.5)) as engine:
        async with engine.connection() as client:
            subscription = client.pubsub()
            await subscription.subscribe("news")
        with valkey.stopped():
            with pytest.raises(redis.ConnectionError):
                await engine.execute("PING")
            await until(lambda: engine.status.state == "down")
        await until(lambda: engine.status.state == "up")
        await subscription.aclose()  # type: ignore[no-untyped-call]  # redis-py does not say


@on_each_loop
async def test_who_finds_all_connections_in_use_waits_and_is_told_so(valkey: PrivateValkey) -> None:
    async with connected(valkey.url, max_size=1) as engine, engine.connection():
        with pytest.raises(EngineUnavailable) as caught:
            await engine.execute("PING")

        assert str(caught.value).startswith("engine 'redis' is unavailable: all 1 connections are in use (waited ")


@on_each_loop
async def test_a_worker_does_not_boot_without_its_server(tmp_path: Path) -> None:
    engine = RedisEngine(f"unix://{tmp_path}/nowhere", name="redis", patience=Patience(boot_s=0.1), backoff=SOON)

    with pytest.raises(StartError) as caught:
        await engine.connect()

    assert str(caught.value).startswith("engine 'redis' did not come up within 0.1 s: ConnectionError: Error 2 ")
