"""Containers as they were written for API-Hour 0.8, by the real command: their programs, written anew.

Four kinds of programs were published for it: everything in one file, HTTP and SSH side by side, a web service with a
configuration directory and PostgreSQL, and the same with a `make_servers` that starts its own servers. They use what
Gunicorn's worker gave them, and today's aiohttp, aiopg and asyncssh.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from daemon_process import Daemon, body_of, connect, daemon, exchange, get
from event_loops import run_in_loop
from private_postgres import PrivatePostgres, private_postgres

ALL_IN_ONE = """
import logging

import api_hour
import aiohttp.web

logging.basicConfig(level=logging.INFO)


class Container(api_hour.Container):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.servers["http"] = aiohttp.web.Application(loop=kwargs["loop"])
        self.servers["http"].ah_container = self
        self.servers["http"].router.add_route("GET", "/", self.hello)

    async def hello(self, request):
        return aiohttp.web.Response(text="hello")

    async def start(self):
        await super().start()

    async def stop(self):
        await super().stop()
        print("stopped", flush=True)

    def make_servers(self):
        return [
            self.servers["http"].make_handler(
                logger=self.worker.log,
                keep_alive=self.worker.cfg.keepalive,
                access_log=self.worker.log.access_log,
                access_log_format=self.worker.cfg.access_log_format,
            )
        ]
"""

HTTP_AND_SSH = """
import aiohttp.web
import api_hour
import asyncssh
from api_hour.plugins.aiohttp import JSON

TYPED = ""


class Session(asyncssh.SSHServerSession):
    def connection_made(self, channel):
        self.channel = channel

    def shell_requested(self):
        return True

    def session_started(self):
        self.channel.write("welcome\\n")

    def data_received(self, data, _type):
        global TYPED
        TYPED += data
        self.channel.write(data)
        if "q" in data:
            self.channel.exit(0)


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False

    def session_requested(self):
        return Session()


async def typed(request):
    return JSON({"typed": TYPED})


class Container(api_hour.Container):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.servers["http"] = aiohttp.web.Application(loop=kwargs["loop"])
        self.servers["http"].router.add_route("GET", "/typed", typed)

    def make_servers(self):
        key = asyncssh.import_private_key(self.config["servers"]["ssh"]["private_key"])
        options = asyncssh.SSHServerConnectionOptions(server_factory=Server, server_host_keys=[key])
        http = self.servers["http"].make_handler(
            logger=self.worker.log,
            debug=self.worker.cfg.debug,
            keep_alive=self.worker.cfg.keepalive,
            access_log=self.worker.log.access_log,
            access_log_format=self.worker.cfg.access_log_format,
        )
        return [http, lambda: asyncssh.SSHServerConnection(self.loop, options)]
"""

SERVICE = """
import asyncio
import logging

import aiohttp.web
import aiopg
import api_hour
import psycopg2.extras
from api_hour.plugins.aiohttp import JSON

LOG = logging.getLogger(__name__)


async def index(request):
    return JSON({"hello": "world"})


async def numbers(request):
    pool = await request.app["ah_container"].engines["pg"]
    with (await pool.cursor()) as cursor:
        await cursor.execute("SELECT n FROM generate_series(1, %(last)s) AS n", {"last": 3})
        return JSON(await cursor.fetchall())


async def loop(request):
    return JSON(type(asyncio.get_running_loop()).__module__)


class Container(api_hour.Container):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.config is None:
            raise ValueError("a configuration directory is needed")
        self.servers["http"] = aiohttp.web.Application(loop=kwargs["loop"])
        self.servers["http"]["ah_container"] = self
        for handler in (index, numbers, loop):
            self.servers["http"].router.add_route("GET", f"/{handler.__name__}", handler)

    @classmethod
    def make_event_loop(cls, config):
        if config["event_loop"] == "other":
            raise ValueError("no other loop")
        LOG.info("the loop of %s", config["event_loop"])
        return asyncio.new_event_loop()

MAKE_SERVERS
    async def start(self):
        await super().start()
        pg = self.config["engines"]["pg"]
        self.engines["pg"] = self.loop.create_task(
            aiopg.create_pool(
                host=pg["host"],
                dbname=pg["dbname"],
                user=pg["user"],
                minsize=int(pg["minsize"]),
                maxsize=int(pg["maxsize"]),
                cursor_factory=psycopg2.extras.RealDictCursor,
            )
        )
        await asyncio.wait([self.engines["pg"]], return_when=asyncio.ALL_COMPLETED)
        self.worker.log.info("engines are ready")

    async def stop(self):
        self.engines["pg"].result().terminate()
        await self.engines["pg"].result().wait_closed()
        self.worker.log.info("engines are stopped")
        await super().stop()
"""
HANDLERS = """
def make_servers(self):
    return [
        self.servers["http"].make_handler(
            logger=self.worker.log,
            debug=False,
            keep_alive=self.worker.cfg.keepalive,
            access_log=self.worker.log.access_log,
            access_log_format=self.worker.cfg.access_log_format,
        )
    ]
"""
OWN_SERVERS = """
async def make_servers(self, sockets):
    handlers = {}
    handler = self.servers["http"].make_handler(
        logger=self.worker.log, keep_alive=self.worker.cfg.keepalive, access_log=self.worker.log.access_log
    )
    for sock in sockets:
        server = await self.loop.create_server(handler, sock=sock.sock)
        handlers[server] = handler
    return handlers
"""

GUNICORN_CONF = """
import multiprocessing

workers = min(1, multiprocessing.cpu_count() * 2)
bind = ("127.0.0.1:0",)
keepalive = 45
pidfile = "app.pid"
backlog = 10240000
"""
LOGGING_INI = """
[formatters]
keys=simple

[handlers]
keys=console

[loggers]
keys=root,gunicorn,aiohttp,api_hour,app

[formatter_simple]
format=%(name)s:%(levelname)s [%(process)d] => %(message)s

[handler_console]
class=StreamHandler
args=(sys.stdout,)
formatter=simple

[logger_root]
level=WARN
handlers=console
""" + "".join(
    f"\n[logger_{name}]\nlevel=INFO\nhandlers=console\nqualname={name}\npropagate=0\n"
    for name in ("gunicorn", "aiohttp", "api_hour", "app")
)
CONFIG = """
---
event_loop: asyncio
engines:
  pg:
    host: {directory}
    port: 5432
    dbname: postgres
    user: tester
    minsize: 2
    maxsize: 5
"""


def test_a_program_in_one_file(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=ALL_IN_ONE) as running:
        running.wait_ready(1)

        assert body_of(exchange(running.tcp_address(), get("/"))) == "hello"
        running.supervisor.wait_for(r'INFO:gunicorn.access:127\.0\.0\.1 - - \[.*\] "GET / HTTP/1\.1" 200 \d+ "-" "-"')
        assert running.supervisor.stop() == 0

    log = running.supervisor.log
    assert "stopped" in log
    assert "WARNING" not in log


def test_its_access_log_goes_where_the_daemons_goes(tmp_path: Path) -> None:
    options = ("--access-log", '%(h)s "%(r)s" %(s)s', "--access-log-file", "access.log")
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", *options, app=ALL_IN_ONE) as running:
        running.wait_ready(1)
        exchange(running.tcp_address(), get("/nowhere"))
        assert running.supervisor.stop() == 0

    assert (tmp_path / "access.log").read_text() == '127.0.0.1 "GET /nowhere HTTP/1.1" 404\n'


def test_the_connections_of_its_handler_rest_as_long_as_keepalive_says(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", "--keep-alive", "0.1", app=ALL_IN_ONE) as running:
        running.wait_ready(1)
        with connect(running.tcp_address()) as client:
            client.sendall(get("/", close=False))
            answer = b"".join(iter(lambda: client.recv(1 << 16), b""))  # aiohttp's own default is an hour

    assert answer.endswith(b"hello")


def test_http_and_ssh_side_by_side(tmp_path: Path) -> None:
    asyncssh = pytest.importorskip("asyncssh")
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    (tmp_path / "etc" / "main").mkdir(parents=True)
    (tmp_path / "etc" / "main" / "main.yaml").write_text(
        f"servers:\n  ssh:\n    private_key: |\n{indent(key, ' ' * 6)}"
    )

    async def talk(port: int) -> str:
        async with (
            asyncssh.connect("127.0.0.1", port, username="u", known_hosts=None, client_keys=None, config=None) as ssh,
            ssh.create_process() as process,
        ):
            welcome: str = await process.stdout.readline()
            process.stdin.write("abcq\n")
            await process.wait_closed()
        return welcome

    binds = ("-b", "127.0.0.1:0", "-b", "127.0.0.1:0")
    with daemon(tmp_path, *binds, "-w1", "--config_dir", "etc", app=HTTP_AND_SSH) as running:
        running.wait_ready(1)

        for _ in range(2):
            assert run_in_loop(talk(int(running.tcp_address(1)[1]))) == "welcome\n"
        assert json.loads(body_of(exchange(running.tcp_address(0), get("/typed")))) == {"typed": "abcq\n" * 2}
        assert running.supervisor.stop() == 0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with private_postgres() as server:
        yield server


@pytest.mark.parametrize("make_servers", [HANDLERS, OWN_SERVERS], ids=["handlers", "own servers"])
def test_a_service_with_its_directory_of_configuration_and_a_database(
    make_servers: str, tmp_path: Path, postgres: PrivatePostgres
) -> None:
    pytest.importorskip("aiopg")
    files = {"main/main.yaml": CONFIG.format(directory=postgres.directory)}
    files |= {"api_hour/gunicorn_conf.py": GUNICORN_CONF, "api_hour/logging.ini": LOGGING_INI}
    for name, text in files.items():
        path = tmp_path / "etc" / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    with daemon(tmp_path, "-ac", app=SERVICE.replace("MAKE_SERVERS\n", indent(make_servers, " " * 4))) as running:
        [pid] = running.wait_ready(1)
        address = running.tcp_address()

        assert json.loads(body_of(exchange(address, get("/index")))) == {"hello": "world"}
        assert json.loads(body_of(exchange(address, get("/numbers")))) == [{"n": 1}, {"n": 2}, {"n": 3}]
        assert json.loads(body_of(exchange(address, get("/loop")))) == "asyncio.unix_events"
        assert (tmp_path / "app.pid").read_text() == f"{running.supervisor.process.pid}\n"
        assert running.supervisor.stop() == 0

    log = running.supervisor.log
    assert f"app:INFO [{pid}] => the loop of asyncio" in log
    assert f"gunicorn.error:INFO [{pid}] => engines are ready" in log
    assert f"gunicorn.error:INFO [{pid}] => engines are stopped" in log
    assert re.search(rf'gunicorn.access:INFO \[{pid}\] => 127\.0\.0\.1 .*"GET /numbers HTTP/1\.1" 200', log)
    assert "Traceback" not in log


WORKER = """
import asyncio
import os
import time

import api_hour


class Container(api_hour.Container):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        worker = self.worker
        assert (worker.pid, worker.ppid, worker.age) == (os.getpid(), os.getppid(), worker.worker_id)
        assert [sock.sock.getsockname()[0] for sock in worker.sockets] == ["127.0.0.1"]
        worker.notify()  # too early to count

    def make_servers(self):
        return [self.handle]

    async def handle(self, reader, writer):
        command = await reader.readline()
        if command == b"block\\n":
            for _ in range(8):
                time.sleep(0.5)
                self.worker.notify()
        if command == b"end\\n":
            self.worker.alive = False
        writer.write(f"{self.worker.age} {self.worker.alive}".encode())
        writer.close()
"""


def ask(running: Daemon, command: bytes) -> str:
    return exchange(running.tcp_address(), command + b"\n").decode()


def test_a_worker_that_is_to_be_alive_no_more_ends_and_another_takes_its_place(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", app=WORKER) as running:
        running.wait_ready(1)

        assert ask(running, b"end") == "1 False"
        running.supervisor.wait_for("worker 1, pid .* ended with exit code 0")
        running.wait_ready(2)
        assert ask(running, b"look") == "2 True"


def test_a_worker_that_blocks_its_loop_and_notifies_is_not_killed(tmp_path: Path) -> None:
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", "-t", "2", app=WORKER) as running:
        running.wait_ready(1)

        assert ask(running, b"block") == "1 True"
        assert "killed" not in running.supervisor.log
