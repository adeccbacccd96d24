"""A server in the test's own process and event loop, asked by real clients: what it serves, and where."""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from event_loops import on_each_loop
from issued import Issuer
from served_here import get, is_closed, nothing_left
from told_application import ToldApplication, ToldContainer
from websockets.asyncio.client import connect

import api_hour
from api_hour.errors import ConfigError, StartError
from api_hour.programs.server import serve
from api_hour.worker.worker import Worker

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
