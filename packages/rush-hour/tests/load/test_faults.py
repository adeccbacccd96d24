"""What happens to the server in the middle of a run: killed, frozen, restarted, reset. The run ends, the sums match."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from load_runs import run
from scripted_server import OK, ScriptedServer

from rush_hour.core.figures import TimelineRow
from rush_hour.load.run import Observer

Serve = Callable[..., ScriptedServer]

SERVER = """
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
print("ready", flush=True)
def serve(connection):
    while connection.recv(65536):
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""

ServeProcess = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def serve_process(free_port: int) -> Iterator[ServeProcess]:
    """Start a real server process on the free port."""
    with ExitStack() as stack:

        def start() -> "subprocess.Popen[str]":
            command = [sys.executable, "-c", SERVER, str(free_port)]
            process = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            return process

        yield start


def after_a_second(action: Callable[[], object]) -> Observer:
    """Do something when the first second has been measured."""
    actions = [action]

    def act(_row: TimelineRow) -> None:
        while actions:
            actions.pop()()

    return Observer(on_second=act)


def test_a_killed_server_leaves_named_errors(serve_process: ServeProcess, free_port: int) -> None:
    process = serve_process()

    result = run(f"http://127.0.0.1:{free_port}/", duration_s=3.0, processes=1, observer=after_a_second(process.kill))

    assert 0 < result.responses_good < 600
    assert result.errors["connect:ECONNREFUSED"] > 0
    assert result.connections.open_at_end == 0
    assert result.timeline[-1].open_connections == 0


def test_a_restarted_server_is_found_again(serve_process: ServeProcess, free_port: int) -> None:
    process = serve_process()

    def restart() -> None:
        process.kill()
        process.wait()
        serve_process()

    result = run(f"http://127.0.0.1:{free_port}/", duration_s=4.0, processes=1, observer=after_a_second(restart))

    assert result.responses_good > 400
    assert set(result.errors) <= {"connect:ECONNREFUSED", "read:ECONNRESET", "read:EOF"}
    assert result.connections.reconnects >= 10
    assert result.connections.open_at_end == 10


def test_a_frozen_server_is_charged_with_time_outs_and_nothing_is_lost(
    serve_process: ServeProcess, free_port: int
) -> None:
    process = serve_process()

    def freeze() -> None:
        os.kill(process.pid, signal.SIGSTOP)

    url = f"http://127.0.0.1:{free_port}/"
    try:
        result = run(url, duration_s=3.0, timeout_s=0.3, processes=1, observer=after_a_second(freeze))
    finally:
        os.kill(process.pid, signal.SIGCONT)

    assert result.errors["timeout"] > 0
    assert result.requests_due == 600
    assert result.responses_good < 600


def test_connections_that_the_server_resets_are_opened_again(serve: Serve) -> None:
    server = serve(lambda number: None if number % 10 == 9 else OK)
    server.resets = True

    result = run(server.url)

    assert result.errors == {"read:ECONNRESET": 20}
    assert result.responses_good == 180
    assert result.connections.reconnects in {19, 20}  # not again when the last one comes after the end
