"""The end of a worker, however it comes: what the application has left running is told, and may finish."""

import signal
from pathlib import Path

import pytest
from daemon_process import daemon, end_in_time, wait_for_file, watched

TASK = """
import asyncio
import os
from pathlib import Path

import api_hour

TASKS = set()


async def forever():
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(0.01)
        Path("flushed").touch()


def begin():
    TASKS.add(asyncio.ensure_future(forever()))
"""

NATIVE = """
class Container(api_hour.Container):
    async def start(self):
        begin()
    def make_servers(self):
        return [asyncio.Protocol]
"""

ASGI = """
async def Container(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
"""

AIOHTTP = """
from aiohttp import web

async def start(_app):
    begin()

def Container():
    app = web.Application()
    app.on_startup.append(start)
    return app
"""

ON_ASYNCIO = """
class OnAsyncio(Container):
    @classmethod
    def make_event_loop(cls, config):
        return asyncio.new_event_loop()

Container = OnAsyncio
"""

FAILS = """
class Container(api_hour.Container):
    async def start(self):
        begin()
        await asyncio.sleep(0)
        raise OSError("no database")
"""

HANGS = """
class Container(api_hour.Container):
    async def start(self):
        begin()
        await asyncio.sleep(0)
        Path("begun").touch()
        await asyncio.Event().wait()
"""

IS_CANCELLED = """
class Container(api_hour.Container):
    async def start(self):
        raise asyncio.CancelledError("of the application's own")
"""

EXITS = """
class Container(api_hour.Container):
    async def start(self):
        raise SystemExit("not today")
"""

HAS_A_JOB = """
import time

class Container(api_hour.Container):
    async def start(self):
        self.loop.run_in_executor(None, time.sleep, 1000)
    def make_servers(self):
        return [asyncio.Protocol]
"""

BIND = ("-b", "unix:a.sock", "-w1")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def assert_no_task_was_destroyed(log: str) -> None:
    assert "destroyed" not in log
    assert "never retrieved" not in log


@pytest.mark.parametrize(
    "app", [NATIVE, NATIVE + ON_ASYNCIO, ASGI, AIOHTTP], ids=["native", "asyncio", "asgi", "aiohttp"]
)
def test_a_task_that_is_left_may_flush(app: str, tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + app) as running:
        running.wait_ready(1)

        assert running.supervisor.stop() == 0
    assert Path("flushed").exists()
    assert_no_task_was_destroyed(running.supervisor.log)


def test_so_it_may_when_the_start_has_failed(tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + FAILS) as running:
        assert running.supervisor.wait() == 3
    assert Path("flushed").exists()
    assert_no_task_was_destroyed(running.supervisor.log)


def test_so_it_may_when_the_worker_is_stopped_while_it_comes_up(tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + HANGS) as running:
        wait_for_file(Path("begun"))

        assert running.supervisor.stop() == 0
    assert Path("flushed").exists()
    assert_no_task_was_destroyed(running.supervisor.log)


def test_so_it_may_when_the_supervisor_is_gone(tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + NATIVE) as running, watched(running.wait_ready(1)) as workers:
        running.supervisor.process.kill()
        assert end_in_time(workers)
    assert Path("flushed").exists()
    assert_no_task_was_destroyed(running.supervisor.log)


def test_so_it_may_when_the_worker_is_replaced(tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + NATIVE) as running:
        running.wait_ready(1)
        running.supervisor.process.send_signal(signal.SIGHUP)
        wait_for_file(Path("flushed"))
        assert running.supervisor.stop() == 0
    assert_no_task_was_destroyed(running.supervisor.log)


def test_a_job_in_a_thread_that_does_not_end_holds_up_no_worker_without_a_supervisor(tmp_path: Path) -> None:
    options = (*BIND, "--graceful-timeout", "0.1")
    with daemon(tmp_path, *options, app=TASK + HAS_A_JOB) as running, watched(running.wait_ready(1)) as workers:
        running.supervisor.process.kill()
        assert end_in_time(workers)
    assert "jobs of the default executor did not end in time" in running.supervisor.log


@pytest.mark.parametrize(
    ("app", "reason"),
    [(IS_CANCELLED, "CancelledError: of the application's own"), (EXITS, "SystemExit: not today")],
)
def test_a_start_that_ends_by_itself_is_a_failure_with_its_reason(app: str, reason: str, tmp_path: Path) -> None:
    with daemon(tmp_path, *BIND, app=TASK + app) as running:
        assert running.supervisor.wait() == 3
    assert running.supervisor.log.splitlines()[-1] == f"api_hour: no worker came up; the last said: {reason}"
    assert "Traceback" in running.supervisor.log
