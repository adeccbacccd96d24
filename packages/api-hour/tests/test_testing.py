"""Servers in a thread, for tests of those who use API-Hour."""

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from descriptors import open_sockets
from told_application import ToldApplication, ToldContainer

import api_hour
from api_hour.errors import ConfigError, StartError
from api_hour.testing import RunningServer, ServerFactory, api_hour_server, running
from api_hour.worker.worker import Worker

__all__ = ["api_hour_server"]  # a fixture is found where it is imported


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    threads, sockets = threading.enumerate(), open_sockets()
    yield
    assert threading.enumerate() == threads
    assert open_sockets() == sockets


def get(server: RunningServer, path: str = "/") -> str:
    return httpx.get(server.url + path).text


def test_the_fixture_starts_servers_that_block_nobody(api_hour_server: ServerFactory) -> None:
    one = api_hour_server(ToldApplication())
    two = api_hour_server(ToldContainer)

    assert get(one) == "hello"
    assert get(two) == '{"config":null,"worker_id":1,"workers":1}'
    assert one.port != two.port


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [threading.current_thread().name.encode()]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_wsgi_application_is_served_in_either_way(threads: int) -> None:
    with running(wsgi, threads=threads) as server:
        assert get(server).startswith("wsgi-") is (threads == 2)


TEST_MODULE = """
import httpx
import pytest

servers = []

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})

def test_one(api_hour_server):
    servers.append(api_hour_server(app))
    assert httpx.get(servers[0].url).text == "hello"

def test_two():
    with pytest.raises(httpx.ConnectError):
        httpx.get(servers[0].url)
"""


def test_the_fixture_is_there_for_a_plugin_and_stops_its_servers_after_each_test(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["api_hour.testing"]')
    (tmp_path / "test_app.py").write_text(TEST_MODULE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 0, ended.stdout
    assert "2 passed" in ended.stdout


def test_a_server_runs_for_a_block_on_a_loop_as_a_worker_s() -> None:
    app = ToldApplication()
    with running(app) as server:
        assert app.diary == ["startup"]
        assert get(server, "/a") == "hello"
        assert isinstance(server.container.loop, uvloop.Loop)

    assert app.diary == ["startup", "/a", "shutdown"]
    assert server.container.loop.is_closed()


class OnOtherLoop(ToldContainer):
    @classmethod
    def make_event_loop(cls, config: Any) -> asyncio.AbstractEventLoop:
        assert config == {"a": 1}
        return asyncio.SelectorEventLoop()


def test_a_container_chooses_its_loop_by_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "main.yaml").write_text("a: 1")
    with running(OnOtherLoop, config_dir=tmp_path) as server:
        assert isinstance(server.container.loop, asyncio.SelectorEventLoop)
        assert get(server) == '{"config":{"a":1},"worker_id":1,"workers":1}'


async def make_application_later() -> ToldApplication:
    return ToldApplication()


def test_a_factory_may_be_a_coroutine_function(tmp_path: Path) -> None:
    with running(make_application_later, bind=f"unix:{tmp_path}/a") as server:
        assert server.unix == f"{tmp_path}/a"


def test_a_container_that_was_made_already_is_served_on_its_loop() -> None:
    loop = asyncio.new_event_loop()
    with running(ToldContainer({"a": 1}, Worker(worker_id=7, pid=1), loop)) as server:
        assert get(server) == '{"config":{"a":1},"worker_id":7,"workers":1}'
        assert server.container.loop is loop

    assert loop.is_closed()


def test_a_container_whose_loop_runs_is_left_alone() -> None:
    async def start() -> str:
        container = ToldContainer(None, Worker(worker_id=1, pid=1), asyncio.get_running_loop())
        with pytest.raises(ConfigError) as caught, running(container):
            pytest.fail("it is served")
        return str(caught.value)

    assert asyncio.run(start()) == (
        "expected a Container whose loop does not run; on its loop, api_hour.serve() serves it."
    )


def test_tasks_that_the_application_leaves_are_cancelled() -> None:
    cancelled = threading.Event()

    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    class Leaving(ToldContainer):
        async def start(self) -> None:
            self.services["task"] = self.loop.create_task(go_on())

    with running(Leaving) as server:
        assert get(server)

    assert cancelled.is_set()


def test_an_error_of_the_block_is_raised_and_the_server_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    app = ToldApplication(raises_in="shutdown")
    with caplog.at_level(logging.ERROR), pytest.raises(LookupError), running(app):
        raise LookupError

    assert app.diary == ["startup", "shutdown"]
    assert "the server did not end well" in [record.getMessage() for record in caplog.records]


def test_an_application_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError) as caught, running(ToldApplication(raises_in="startup")):
        pytest.fail("it is served")

    assert str(caught.value.__cause__) == "startup is broken"


def test_an_application_that_does_not_end_well_says_why() -> None:
    with pytest.raises(RuntimeError) as caught, running(ToldApplication(raises_in="shutdown")):
        pass

    assert str(caught.value.__cause__) == "shutdown is broken"


def test_what_cannot_be_is_refused(api_hour_server: ServerFactory) -> None:
    server = api_hour_server(ToldApplication())
    with pytest.raises(StartError):
        api_hour_server(ToldApplication(), bind=f"127.0.0.1:{server.port}")
    with pytest.raises(TypeError) as caught:
        api_hour_server(ToldApplication(), port=80)

    assert str(caught.value) == "api_hour.testing.running() has no option 'port'. Here it is bind='HOST:PORT'."


def test_a_wait_for_the_start_that_is_interrupted_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    made: list[ToldContainer] = []

    class Slow(ToldContainer):
        async def start(self) -> None:
            made.append(self)
            begun.set()
            await asyncio.Event().wait()

    def interrupt(_thread: object) -> api_hour.RunningServer:
        begun.wait(20)
        raise KeyboardInterrupt

    monkeypatch.setattr("api_hour.testing._ServerThread.server", interrupt)
    with pytest.raises(KeyboardInterrupt), running(Slow):
        pytest.fail("it is served")

    assert made[0].diary == ("pre_start", "cleanup")
