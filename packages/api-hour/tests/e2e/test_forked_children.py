"""Children that a worker forks: nothing that is done to them, or by them, is done to the worker."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from daemon_process import Daemon, body_of, connect, daemon, end_in_time, exchange, get, read_all, watched
from descriptors import open_links

APP = """
import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress

import uvloop

import api_hour
from api_hour.http import HttpServer, Router

fork = multiprocessing.get_context("fork")


def nap():
    time.sleep(1000)


def ended_by(child):
    child.start()
    child.terminate()
    child.join()
    return child.exitcode


async def count(queue):
    await asyncio.sleep(0)
    queue.put("ran")


def run_a_loop(queue):
    asyncio.run(count(queue))


class Container(api_hour.Container):
    @classmethod
    def make_event_loop(cls, config):
        return LOOP

    def make_servers(self):
        router = Router()
        names = "terminate", "pool", "preexec", "look", "run", "leave", "exit", "exit_late", "back", "stay", "pid"
        for name in names:
            router.add("GET", f"/{name}", getattr(self, name))
        return [HttpServer(router, container=self)]

    def terminate(self, request):
        return ended_by(fork.Process(target=nap))

    async def pool(self, request):
        def work():
            with fork.Pool(2) as pool:
                return pool.map(abs, [-1, -2])
        return await asyncio.to_thread(work)

    def preexec(self, request):
        child = subprocess.Popen(["sleep", "1000"], preexec_fn=os.getpid)
        child.terminate()
        return child.wait()

    def run(self, request):
        queue = fork.SimpleQueue()
        child = fork.Process(target=run_a_loop, args=(queue,))
        child.start()
        child.join()
        return [queue.get(), child.exitcode]

    def look(self, request):
        signal.signal(signal.SIGUSR2, nap)
        ours, theirs = os.pipe()
        if os.fork() == 0:
            handlers = {n.name: repr(signal.getsignal(n)) for n in signal.valid_signals() if n < 32}
            sockets = []
            for fd in os.listdir("/proc/self/fd"):
                with suppress(OSError):
                    sockets.append(os.readlink(f"/proc/self/fd/{fd}"))
            os.write(theirs, json.dumps([handlers, signal.set_wakeup_fd(-1), sorted(sockets)]).encode())
            os._exit(0)
        os.close(theirs)
        with open(ours) as pipe:
            return json.load(pipe)

    async def leave(self, request):
        came = []
        def leave():
            pid = os.fork()
            if pid == 0:
                raise SystemExit(7)
            came.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        self.loop.call_soon(leave)
        await asyncio.sleep(0.01)
        return came

    def exit(self, request):
        if (pid := os.fork()) == 0:
            raise SystemExit(8)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    async def exit_late(self, request):
        await asyncio.sleep(0)
        return self.exit(request)

    async def back(self, request):
        pid = os.fork()
        if pid == 0:
            return "a child has no client"
        _, status = await asyncio.to_thread(os.waitpid, pid, 0)
        return os.waitstatus_to_exitcode(status)

    def stay(self, request):
        pid = os.fork()
        if pid == 0:
            for fd in range(3, 64):
                with suppress(RuntimeError):  # a transport has it
                    self.loop.remove_reader(fd)
            nap()
        return pid

    def pid(self, request):
        return os.getpid()
"""

LOOPS = {"asyncio": "asyncio.new_event_loop()", "uvloop": "uvloop.new_event_loop()"}


@pytest.fixture(params=LOOPS)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon with one worker that forks when it is asked."""
    app = APP.replace("LOOP", LOOPS[request.param])
    with daemon(tmp_path, "-b", "127.0.0.1:0", "-w1", "--access-log", "json", app=app) as started:
        started.wait_ready(1)
        yield started


def ask(running: Daemon, path: str) -> Any:
    return json.loads(body_of(exchange(running.tcp_address(), get(path))))


def is_unharmed(running: Daemon) -> bool:
    """Tell whether the first worker still serves, and stops as it should."""
    [pid] = running.wait_ready(1)
    assert ask(running, "/pid") == pid
    assert running.supervisor.stop() == 0
    return running.supervisor.log.count("ended with exit code 0") == 1


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/terminate", -signal.SIGTERM),
        ("/pool", [1, 2]),
        ("/preexec", -signal.SIGTERM),
        ("/run", ["ran", 0]),
        ("/leave", [7]),
        ("/exit", 8),
        ("/exit_late", 8),
        ("/back", 1),
    ],
)
def test_a_child_lives_and_ends_by_itself(path: str, expected: object, running: Daemon) -> None:
    assert ask(running, path) == expected

    assert is_unharmed(running)
    assert running.supervisor.log.count(f'"{path}"') == 1  # in the access log


def test_a_child_has_no_handler_no_wake_up_and_no_socket_of_the_worker(running: Daemon) -> None:
    handlers, wakeup_fd, descriptors = ask(running, "/look")

    assert wakeup_fd == -1
    for name in ("SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGWINCH", "SIGTTIN", "SIGTTOU"):
        assert handlers[name] == repr(signal.Handlers.SIG_DFL), name
    assert "default_int_handler" in handlers["SIGINT"]
    assert "nap" in handlers["SIGUSR2"]  # the application's own
    [worker] = running.wait_ready(1)
    with connect(running.tcp_address()) as client:
        client.sendall(get("/pid", close=False))
        client.recv(65536)
        ours = open_links(worker)
    assert is_unharmed(running)
    shared = {name for name in ours & set(descriptors) if name.startswith("socket:")}
    assert len(shared) <= 2  # the pair by which a loop wakes itself


@contextmanager
def child_of(running: Daemon, answer: bytes) -> Iterator[int]:
    """Give a descriptor of the child that an answer names; it is killed afterwards."""
    pid = int(body_of(answer))
    with watched([pid]) as [child]:
        try:
            yield child
        finally:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(child, signal.SIGKILL)


def test_a_child_that_stays_keeps_no_connection_no_address_and_no_worker_alive(running: Daemon) -> None:
    address = running.tcp_address()
    [worker] = running.wait_ready(1)
    with connect(address) as other:
        other.sendall(get("/pid", close=False))
        other.recv(65536)
        with child_of(running, exchange(address, get("/stay"))) as child, watched([worker]) as descriptors:
            assert ask(running, "/pid") == worker
            signal.pidfd_send_signal(descriptors[0], signal.SIGKILL)

            assert read_all(other) == b""
            running.supervisor.wait_for(rf"worker 1, pid {worker}, ended by signal 9")
            running.wait_ready(2)
            assert running.supervisor.stop() == 0
            with pytest.raises(ConnectionRefusedError):
                connect(address)
            signal.pidfd_send_signal(child, 0)  # it lives
            signal.pidfd_send_signal(child, signal.SIGTERM)
            assert end_in_time([child])
