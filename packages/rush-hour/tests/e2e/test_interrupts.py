"""Ctrl-C and SIGTERM in every state: the command ends soon, with what it has measured, and leaves no process."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from scripted_server import ScriptedServer

Serve = Callable[..., ScriptedServer]
Load = Callable[..., "subprocess.Popen[str]"]

PATIENCE_S = 10.0  # of the test, many times what is promised: it must end, and not when it would have by itself
NEVER_RETURNS = """
import time

def request(number):
    while number > 50:
        try:
            time.sleep(3600)
        except BaseException:
            pass
    return "/agents"
"""


@pytest.fixture
def load() -> Iterator[Load]:
    """Start `rush-hour load` for an hour; whatever is left of it is killed."""
    with ExitStack() as stack:

        def start(*arguments: str | Path) -> "subprocess.Popen[str]":
            program = Path(sys.executable).with_name("rush-hour")
            command = [program, "load", "-R", "200", "-c", "4", "-t", "1", "-d", "1h", "-T", "1h", *arguments]
            process = stack.enter_context(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            return process

        yield start


def wait_for(condition: Callable[[], object]) -> None:
    give_up_at_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up_at_s, "it did not come to that"
        time.sleep(0.01)


def sender_of(process: "subprocess.Popen[str]") -> psutil.Process:
    """Return the process that sends: the one that holds more than its pipe open."""
    return next(child for child in children_of(process) if len(child.net_connections()) > 1)


def children_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def end(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[str, str]:
    """Interrupt a command, and return what it says until its end; its processes are gone then."""
    children = children_of(process)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    wait_for(lambda: not any(child.is_running() for child in children))
    return out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_running_load_is_reported(serve: Serve, load: Load, tmp_path: Path, number: signal.Signals) -> None:
    server = serve()
    process = load(server.url, "--json", tmp_path / "load.json")
    wait_for(lambda: len(server.requests) > 50)

    out, _ = end(process, number)

    assert process.returncode == 130
    result = json.loads((tmp_path / "load.json").read_text())["result"]
    assert result["requests_due"] == result["responses_total"] + result["unanswered_at_end"] > 40
    assert "goodput" in out


def test_a_script_that_never_returns_does_not_keep_the_command(serve: Serve, load: Load, tmp_path: Path) -> None:
    server = serve()
    script = tmp_path / "script.py"
    script.write_text(NEVER_RETURNS)
    process = load(server.url, "--script", script, "--json", tmp_path / "load.json")
    wait_for(lambda: len(server.requests) > 50)
    several_are_due_at_s = time.monotonic() + 0.1
    wait_for(lambda: time.monotonic() > several_are_due_at_s)

    end(process, signal.SIGINT)

    assert process.returncode == 130
    result = json.loads((tmp_path / "load.json").read_text())["result"]
    assert result["responses_good"] in {50, 51}
    unanswered = result["requests_due"] - result["responses_total"] - sum(result["errors"].values())
    assert unanswered == result["unanswered_at_end"] > 0
    assert sum(row["good"] for row in result["timeline"]) == result["responses_good"]


def test_a_stopped_process_of_the_generator_is_woken_and_reports(serve: Serve, load: Load, tmp_path: Path) -> None:
    server = serve()
    process = load(server.url, "--json", tmp_path / "load.json")
    wait_for(lambda: len(server.requests) > 50)
    for child in children_of(process):
        child.suspend()

    end(process, signal.SIGINT)

    assert process.returncode == 130
    result = json.loads((tmp_path / "load.json").read_text())["result"]
    assert result["responses_good"] > 40


def test_a_server_that_never_answers_does_not_keep_the_command(serve: Serve, load: Load) -> None:
    server = serve(lambda _number: b"")
    process = load(server.url)
    wait_for(lambda: server.requests)  # the probe's

    _, err = end(process, signal.SIGINT)

    assert process.returncode == 130
    assert err.endswith("interrupted.\n")


def test_connections_that_do_not_open_do_not_keep_the_command(load: Load) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        while True:  # until the backlog is full
            sock = stack.enter_context(socket.socket())
            sock.settimeout(0.2)
            try:
                sock.connect(listener.getsockname())
            except TimeoutError:
                break
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        process = load(url, "--expect-status", "200", "--expect-body", "any")
        wait_for(lambda: any("SYN_SENT" in connection for connection in states_of(process)))

        end(process, signal.SIGTERM)

        assert process.returncode == 130


def states_of(process: "subprocess.Popen[str]") -> list[str]:
    return [connection.status for child in children_of(process) for connection in child.net_connections()]


def test_a_second_interrupt_ends_everything_at_once(serve: Serve, load: Load) -> None:
    server = serve(lambda number: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" if number < 60 else b"")
    process = load(server.url)
    wait_for(lambda: len(server.requests) > 50)
    children = children_of(process)
    for child in children:
        child.suspend()

    for _ in range(2):
        os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    wait_for(lambda: not any(child.is_running() for child in children))


def test_the_processes_end_with_a_command_that_is_killed(serve: Serve, load: Load, tmp_path: Path) -> None:
    server = serve()
    script = tmp_path / "script.py"
    script.write_text(NEVER_RETURNS)
    process = load(server.url, "--script", script)
    wait_for(lambda: len(server.requests) > 50)
    children = children_of(process)

    process.kill()
    process.communicate(timeout=PATIENCE_S)

    wait_for(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))
