"""An ASGI application in a Container, with a server that stands in for the real one: the order of its life."""

import asyncio
from typing import Any

import pytest
from accepting import LONG_S, client_of
from event_loops import on_each_loop
from listening_sockets import listening

from api_hour.config.worker_options import WorkerOptions
from api_hour.containers import asgi as asgi_module
from api_hour.containers.asgi import AsgiContainer
from api_hour.worker.lifecycle import Ending, serve
from api_hour.worker.worker import Worker


class StandInServer:
    """Says hello and keeps a diary; its startup fails with what the application is, if it is an error."""

    def __init__(self, app: Any, *, container: Any) -> None:
        self.app = app
        self.container = container
        self.diary: list[str] = []

    async def startup(self) -> None:
        self.diary.append("startup")
        if isinstance(self.app, RuntimeError):
            raise self.app

    def __call__(self) -> asyncio.Protocol:
        diary = self.diary

        class Hello(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                diary.append("connection")
                assert hasattr(transport, "write")
                transport.write(b"hello")

            def connection_lost(self, _error: Exception | None) -> None:
                diary.append("lost")

        return Hello()

    async def shutdown(self) -> None:
        if self.diary and self.diary[-1] != "shutdown":  # it may be asked for again
            self.diary.append("shutdown")


@pytest.fixture(autouse=True)
def asgi_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_module, "AsgiServer", StandInServer)


def container_of(app: Any) -> AsgiContainer:
    return AsgiContainer(None, Worker(worker_id=1, pid=1), asyncio.get_running_loop(), app=app)


async def live(container: AsgiContainer, copy: Any, ending: Ending, ready: asyncio.Event) -> None:
    await serve(
        container,
        [copy],
        WorkerOptions(backlog=7, drain_timeout_s=LONG_S, graceful_timeout_s=LONG_S),
        ending=ending,
        on_ready=lambda _listeners: ready.set(),
    )


@on_each_loop
async def test_the_lifespan_starts_before_the_first_connection_and_ends_after_the_last() -> None:
    ending, ready = Ending(), asyncio.Event()
    container = container_of(object())
    with listening() as [listener], listener.dup() as copy:
        life = asyncio.create_task(live(container, copy, ending, ready))
        await ready.wait()
        async with client_of(listener) as (reader, _):
            assert await reader.readexactly(5) == b"hello"
            ending.stop()
            await life

    assert container.servers["asgi"].diary == ["startup", "connection", "lost", "shutdown"]


@on_each_loop
async def test_a_worker_whose_application_does_not_start_does_not_come_up() -> None:
    ready = asyncio.Event()
    container = container_of(RuntimeError("no database"))
    with listening() as [listener], listener.dup() as copy, pytest.raises(RuntimeError) as caught:
        await live(container, copy, Ending(), ready)

    assert str(caught.value) == "no database"
    assert not ready.is_set()


class WithoutServers(AsgiContainer):
    """Fails after its application has started."""

    def make_servers(self) -> Any:
        raise OSError("no address")


@on_each_loop
async def test_an_application_that_was_started_is_ended_when_the_worker_does_not_come_up() -> None:
    container = WithoutServers(None, Worker(worker_id=1, pid=1), asyncio.get_running_loop(), app=object())
    with listening() as [listener], listener.dup() as copy, pytest.raises(OSError):
        await live(container, copy, Ending(), asyncio.Event())

    assert container.servers["asgi"].diary == ["startup", "shutdown"]
