"""A server in the test's own process and event loop, asked by real clients: what it serves, and what is left of it."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from event_loops import on_each_loop, until
from issued import Issuer
from listening_sockets import open_sockets
from told_application import ToldApplication, ToldContainer
from websockets.asyncio.client import connect

import api_hour
from api_hour.errors import ConfigError, StartError
from api_hour.programs.server import serve
from api_hour.worker.process import Worker


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Fail if a task or a socket is there at the end that was not there before."""
    tasks, sockets = asyncio.all_tasks(), open_sockets()
    yield
    await until(lambda: open_sockets() == sockets)  # transports close theirs in the loop's next turn
    assert asyncio.all_tasks() == tasks


async def get(url: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(**options) as client:
        return await client.get(url)


async def is_closed(server: api_hour.RunningServer) -> bool:
    """Tell whether nobody can connect any more."""
    try:
        _, writer = await asyncio.open_connection(server.host, server.port)
    except ConnectionRefusedError:
        return all(sock.fileno() == -1 for sock in server.sockets)
    writer.close()
    return False


# What is served.


@on_each_loop
async def test_an_asgi_application_is_started_asked_and_ended() -> None:
    app = ToldApplication()
    async with nothing_left():
        async with serve(app) as server:
            assert app.diary == ["startup"]
            answer = await get(f"{server.url}/a")

        assert (answer.status_code, answer.text) == (200, "hello")
        assert app.diary == ["startup", "/a", "shutdown"]
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert await is_closed(server)


@on_each_loop
async def test_a_container_lives_on_the_running_loop() -> None:
    async with nothing_left(), serve(ToldContainer) as server:
        answer = await get(server.url)

        assert answer.json() == {"config": None, "worker_id": 1, "workers": 1}
        container = server.container
        assert isinstance(container, ToldContainer)
        assert container.loop is asyncio.get_running_loop()
    assert container.diary == ("pre_start", "start", "shutdown", "cleanup")


@on_each_loop
async def test_a_container_that_was_made_already_is_served() -> None:
    worker = Worker(worker_id=7, pid=1)
    container = ToldContainer({"a": 1}, worker, asyncio.get_running_loop())
    async with nothing_left(), serve(container) as server:
        assert server.container is container
        assert (await get(server.url)).json() == {"config": {"a": 1}, "worker_id": 7, "workers": 1}


@on_each_loop
async def test_an_aiohttp_application_is_served() -> None:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    async with nothing_left(), serve(app) as server:
        assert (await get(server.url)).text == "hello"


def make_application() -> ToldApplication:
    return ToldApplication()


async def make_application_later() -> ToldApplication:
    await asyncio.sleep(0)
    return ToldApplication()


def make_container(config: Any, worker: Any, loop: Any) -> ToldContainer:
    return ToldContainer({"made": config}, worker, loop)


async def make_container_later(config: Any, worker: Any, loop: Any) -> ToldContainer:
    await asyncio.sleep(0)
    return make_container(config, worker, loop)


@pytest.mark.parametrize(
    ("factory", "text"),
    [
        (make_application, "hello"),
        (make_application_later, "hello"),
        (make_container, '{"config":{"made":null},"worker_id":1,"workers":1}'),
        (make_container_later, '{"config":{"made":null},"worker_id":1,"workers":1}'),
    ],
)
@on_each_loop
async def test_factories_are_called_and_awaited(factory: Any, text: str) -> None:
    async with nothing_left(), serve(factory) as server:
        assert (await get(server.url)).text == text


class EchoContainer(api_hour.Container):
    """Starts its server itself."""

    async def make_servers(self, sockets: list[Any]) -> Any:  # type: ignore[override]
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        return {await asyncio.start_server(echo, sock=item.sock): echo for item in sockets}


@on_each_loop
async def test_a_container_may_start_its_servers_itself() -> None:
    async with nothing_left():
        async with serve(EchoContainer) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"a\n")
            assert await reader.read() == b"a\n"
            writer.close()
        assert await is_closed(server)


@on_each_loop
async def test_a_websocket_talks_and_is_ended_with_the_server() -> None:
    app = ToldApplication()
    async with nothing_left():
        async with serve(app) as server:
            websocket = await connect(server.url.replace("http", "ws", 1))
            await websocket.send("hello")
            assert await websocket.recv() == "HELLO"
        await websocket.wait_closed()
        assert websocket.close_code == 1012
    assert app.diary == ["startup", "talked", "shutdown"]


@on_each_loop
async def test_two_servers_are_two() -> None:
    one, two = ToldApplication(), ToldApplication()
    async with nothing_left(), serve(one) as first, serve(two) as second:
        assert first.port != second.port
        await asyncio.gather(get(f"{first.url}/1"), get(f"{second.url}/2"))

    assert (one.diary, two.diary) == (["startup", "/1", "shutdown"], ["startup", "/2", "shutdown"])


# Where.


@on_each_loop
async def test_a_unix_socket_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sock"
    async with nothing_left():
        async with serve(ToldApplication(), bind=f"unix:{path}", unix_mode=0o600) as server:
            assert (server.unix, server.url) == (str(path), "http://localhost")
            assert path.stat().st_mode & 0o777 == 0o600
            answer = await get(server.url, transport=httpx.AsyncHTTPTransport(uds=server.unix))
            assert answer.text == "hello"

        assert not path.exists()


@on_each_loop
async def test_several_addresses_are_served_in_their_order(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sock")
    async with nothing_left(), serve(ToldApplication(), bind=("127.0.0.1:0", f"unix:{path}")) as server:
        assert [sock.getsockname() for sock in server.sockets] == [(server.host, server.port), path]
        assert (await get(server.url)).text == "hello"
        assert (await get("http://a", transport=httpx.AsyncHTTPTransport(uds=path))).text == "hello"


@on_each_loop
async def test_both_addresses_of_localhost_are_served() -> None:
    async with nothing_left(), serve(ToldApplication(), bind="localhost:0") as server:
        for sock in server.sockets:
            host, port = sock.getsockname()[:2]
            assert (await get(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")).text == "hello"


@on_each_loop
async def test_an_address_with_a_certificate_is_served_with_tls(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    files = issuer.issue("a")
    assert files.key is not None
    options: dict[str, Any] = {"certfile": Path(files.cert), "keyfile": Path(files.key)}
    context = ssl.create_default_context(cafile=str(issuer.ca_path))
    async with nothing_left(), serve(ToldApplication(), **options) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert (await get(server.url, verify=context)).text == "hello"


# Options.


@on_each_loop
async def test_options_of_http_count(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api_hour.access")
    async with (
        nothing_left(),
        serve(ToldApplication(), body_bytes=3, access_log="%(s)s") as server,
        httpx.AsyncClient() as client,
    ):
        answer = await client.post(server.url, content=b"four")

    assert answer.status_code == 413
    assert [record.getMessage() for record in caplog.records if record.name == "api_hour.access"] == ["413"]


@on_each_loop
async def test_the_application_has_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "main.yaml").write_text("a: 1")
    async with serve(ToldContainer, config_dir=tmp_path) as server:
        assert (await get(server.url)).json()["config"] == {"a": 1}


TEXT_IS_REFUSED = (
    "api_hour.serve(): expected what is to be served itself; got the text 'app:app'. "
    "Import it, or let workers do so: api_hour.run()."
)
WORKERS_ARE_REFUSED = (
    "api_hour.serve() has no option 'workers'. "
    "It is an option of a daemon, with processes of its own: see api_hour.run()."
)


@pytest.mark.parametrize(
    ("app", "options", "error", "message"),
    [
        (
            "app:app",
            {},
            TypeError,
            TEXT_IS_REFUSED,
        ),
        (
            ToldContainer,
            {"workers": 2},
            TypeError,
            WORKERS_ARE_REFUSED,
        ),
        (ToldContainer, {"backlog": 0}, ConfigError, "backlog: expected 1 or more, got 0."),
    ],
)
@on_each_loop
async def test_what_cannot_be_is_refused(app: Any, options: Any, error: type[Exception], message: str) -> None:
    async with nothing_left():
        with pytest.raises(error) as caught:
            async with serve(app, **options):
                pytest.fail("it is served")
        assert str(caught.value) == message


@on_each_loop
async def test_what_is_no_application_is_refused_as_a_target_is() -> None:
    with pytest.raises(ConfigError) as caught:
        async with serve(3):
            pytest.fail("it is served")

    assert str(caught.value).startswith("api_hour.serve(): expected one of: a subclass of api_hour.Container; ")


@on_each_loop
async def test_a_container_of_another_loop_is_refused() -> None:
    other = asyncio.new_event_loop()
    container = ToldContainer(None, Worker(worker_id=1, pid=1), other)
    async with nothing_left():
        with pytest.raises(ConfigError) as caught:
            async with serve(container):
                pytest.fail("it is served")
    other.close()

    assert str(caught.value) == (
        f"expected a Container that was made with the loop that serves it; {container!r} has another."
    )


@on_each_loop
async def test_an_address_that_is_taken_is_said() -> None:
    async with serve(ToldApplication()) as server:
        app = ToldApplication()
        async with nothing_left():
            with pytest.raises(StartError) as caught:
                async with serve(app, bind=f"127.0.0.1:{server.port}"):
                    pytest.fail("it is served")

    assert str(caught.value) == (
        f"bind 127.0.0.1:{server.port}: another process listens there already; stop it or choose another address."
    )
    assert app.diary == []


# Ends.


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


@on_each_loop
async def test_a_time_limit_around_the_block_ends_the_server() -> None:
    app = ToldApplication()
    async with nothing_left():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), serve(app):
                await asyncio.Event().wait()

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
