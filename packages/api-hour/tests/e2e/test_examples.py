"""The examples, each by the real command and with a real client: several clients and workers at once."""

import asyncio
import json
import re
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from daemon_process import Daemon, body_of, connect, end_in_time, exchange, get, kill_left, read_all, watched
from event_loops import TIMEOUT_S, run_in_loop
from started_process import started

EXAMPLES = Path(__file__).parents[4] / "examples"
ANY_PORT = ("-b", "127.0.0.1:0")


class Example(Daemon):
    """A daemon that is told to stop once, for the second time would mean at once."""

    is_told = False

    def tell_to_stop(self) -> None:
        if not self.is_told:
            self.is_told = True
            self.supervisor.process.send_signal(signal.SIGTERM)


@contextmanager
def example(directory: Path, *arguments: str, replace: tuple[str, str] = ("", "")) -> Iterator[Example]:
    """Serve an example from a copy in which one text is replaced; it ends well when the block does."""
    shutil.copytree(EXAMPLES, directory, dirs_exist_ok=True)
    module = directory / f"{arguments[-1].partition(':')[0]}.py"
    module.write_text(module.read_text().replace(*replace))
    with ExitStack() as stack:
        stack.callback(kill_left, directory / "output.log")
        daemon = Example(stack.enter_context(started(["api_hour", *arguments], directory=directory)))
        with watched(daemon.wait_ready(2)) as workers:
            yield daemon
            daemon.tell_to_stop()
            assert daemon.supervisor.wait() == 0
            assert end_in_time(workers)
    assert not re.search("ERROR|WARNING|Traceback", daemon.supervisor.log), daemon.supervisor.log


def worker_of(line: bytes) -> int:
    found = re.search(rb"worker (\d+)", line)
    assert found, line
    return int(found[1])


# Lines over TCP.


class LineClient:
    """A client that reads lines."""

    def __init__(self, daemon: Daemon, stack: ExitStack) -> None:
        self.socket = stack.enter_context(connect(daemon.tcp_address()))
        self._lines = stack.enter_context(self.socket.makefile("rb"))

    def ask(self, line: bytes) -> bytes:
        self.socket.sendall(line)
        return self._lines.readline()

    def rest(self) -> bytes:
        return self._lines.read()


def test_lines_are_answered_to_several_clients_of_several_workers_at_once(tmp_path: Path) -> None:
    with example(tmp_path, *ANY_PORT, "-w2", "lines:Container") as daemon, ExitStack() as stack:
        clients = [LineClient(daemon, stack) for _ in range(10)]

        for number, client in enumerate(clients):
            assert client.ask(b"reverse %d abc\n" % number) == b"cba %d\n" % number
            assert client.ask(b"what\r\n") == b"error: say reverse TEXT, worker, ticks or quit\n"
        workers = [worker_of(client.ask(b"worker\n")) for client in clients]
        assert sorted(map(workers.count, set(workers))) in ([5, 5], [4, 6])
        assert clients[0].ask(b"quit\n") == b""
        clients[1].socket.sendall(b"reverse it ends here")
        clients[1].socket.shutdown(socket.SHUT_WR)
        assert clients[1].rest() == b"ereh sdne ti\n"


def test_clients_of_lines_that_are_silent_or_gone_or_too_long_harm_nobody(tmp_path: Path) -> None:
    with (
        example(tmp_path, *ANY_PORT, "-w2", "lines:Container", replace=("= 60.0", "= 0.2")) as daemon,
        ExitStack() as stack,
    ):
        silent, gone, long, good = (LineClient(daemon, stack) for _ in range(4))
        gone.socket.sendall(b"ticks\n")
        gone.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.socket.close()  # with a reset

        assert long.ask(b"reverse " + b"x" * 100_000 + b"\n") == b"goodbye: a line is too long\n"
        assert good.ask(b"reverse abc\n") == b"cba\n"
        assert silent.rest() == b"goodbye: you are silent\n"


def test_clients_of_lines_are_told_when_the_daemon_stops(tmp_path: Path) -> None:
    with example(tmp_path, *ANY_PORT, "-w2", "lines:Container") as daemon, ExitStack() as stack:
        idle, streaming = (LineClient(daemon, stack) for _ in range(2))
        assert idle.ask(b"reverse abc\n") == b"cba\n"
        assert streaming.ask(b"ticks\n") == b"tick 1\n"

        daemon.tell_to_stop()

        assert idle.rest() == b"goodbye: please connect again\n"
        assert streaming.rest().endswith(b"goodbye: please connect again\n")


# Datagrams.


def test_datagrams_come_back_also_while_workers_are_replaced(tmp_path: Path) -> None:
    with (
        example(tmp_path, "-b", "udp:127.0.0.1:0", *ANY_PORT, "-w2", "udp_echo:Container") as daemon,
        ExitStack() as stack,
    ):
        [found] = daemon.supervisor.wait_for(r"listening on udp:127\.0\.0\.1:(\d+)")
        clients = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(4)]
        for client in clients:
            client.settimeout(TIMEOUT_S)
            client.connect(("127.0.0.1", int(found[1])))

        def echo(data: bytes) -> None:
            for client in clients:
                client.send(data)
            assert [client.recv(65536) for client in clients] == [data] * 4

        for number in range(50):
            echo(b"%d" % number)
        assert sum(datagrams_of(daemon).values()) == 200
        daemon.supervisor.process.send_signal(signal.SIGHUP)
        while daemon.supervisor.log.count(" serves, pid") < 4:
            echo(b"meanwhile")
        echo(b"afterwards")


def datagrams_of(daemon: Daemon) -> dict[int, int]:
    """Ask until both workers have said how many datagrams they have answered."""
    counts: dict[int, int] = {}
    while len(counts) < 2:
        line = exchange(daemon.tcp_address(), b"")
        counts[worker_of(line)] = int(line.split()[2])
    return counts


# aiohttp.


def test_an_aiohttp_application_is_served_as_it_is_and_its_talks_are_closed_at_the_end(tmp_path: Path) -> None:
    with example(tmp_path, *ANY_PORT, "-w2", "aiohttp_chat:app") as daemon:
        pids = set(daemon.wait_ready(2))
        url = "http://{}:{}".format(*daemon.tcp_address())

        async def talk() -> list[Any]:
            async with aiohttp.ClientSession() as session:
                async with session.get(url) as answer:
                    assert (await answer.json())["pid"] in pids
                talks = [await session.ws_connect(f"{url}/talk") for _ in range(4)]
                for one in talks:
                    await one.send_str("hello")
                    assert await one.receive_str() == "hello"
                closings = asyncio.gather(*[closing_of(one) for one in talks])
                daemon.tell_to_stop()
                return await closings

        async def closing_of(one: Any) -> Any:
            async for message in one:
                assert message.data == "hello"
            return one.close_code

        assert run_in_loop(talk(), asyncio.new_event_loop) == [1001] * 4


# HTTP and SSH.


class SshHost:
    """The daemon, to OpenSSH's client."""

    def __init__(self, directory: Path, port: int) -> None:
        self._command = [
            "ssh", "-F", "none", "-p", str(port), "-i", "client_key", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", f"UserKnownHostsFile={directory}/known_hosts", "-o", "StrictHostKeyChecking=yes", "-T", "-q",
            "anyone@127.0.0.1",
        ]  # fmt: skip
        self._directory = directory
        key = (directory / "ssh_host_key.pub").read_text()
        (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")

    def run(self, *command: str, lines: str = "") -> str:
        """Run a command, or say lines to the console, and return what came back."""
        return subprocess.run(
            [*self._command, *command],
            input=lines,
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=True,
        ).stdout

    @contextmanager
    def console(self) -> Iterator[subprocess.Popen[str]]:
        """Open a console; its first line has been read."""
        with subprocess.Popen(
            self._command, cwd=self._directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert re.fullmatch(r"This is worker \d+\. Say status, or exit\.\n", process.stdout.readline())
                yield process
            finally:
                process.kill()


@contextmanager
def http_and_ssh(directory: Path) -> Iterator[tuple[Example, SshHost]]:
    for name in ("ssh_host_key", "client_key", "other_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
    shutil.copy(directory / "client_key.pub", directory / "authorized_keys")
    with example(directory, "-ac", *ANY_PORT, *ANY_PORT, "-w2", "http_and_ssh:Container") as daemon:
        yield daemon, SshHost(directory, int(daemon.tcp_address(1)[1]))


with_openssh = pytest.mark.skipif(
    not (shutil.which("ssh") and shutil.which("ssh-keygen")), reason="OpenSSH is not on PATH"
)


@with_openssh
def test_http_and_ssh_are_served_by_several_workers_to_several_clients_at_once(tmp_path: Path) -> None:
    with http_and_ssh(tmp_path) as (daemon, host), ThreadPoolExecutor(8) as pool:
        commands = [pool.submit(host.run, "status") for _ in range(6)]
        consoles = [pool.submit(host.run, lines="status\nwhat\nexit\nnever said\n") for _ in range(4)]
        visits = [json.loads(body_of(exchange(daemon.tcp_address(), get("/")))) for _ in range(10)]

        for command in commands:
            assert re.fullmatch(r"worker [12]: \d+ visits, \d+ sessions\n", command.result())
        for console in consoles:
            assert re.fullmatch(
                r"This is worker ([12])\. Say status, or exit\.\n"
                r"worker \1: \d+ visits, \d+ sessions\n"
                r"no command 'what'; there is status\n",
                console.result(),
            )
        assert {visit["worker"] for visit in visits} <= {1, 2}
        assert (
            sum(max([visit["visits"] for visit in visits if visit["worker"] == one], default=0) for one in (1, 2)) == 10
        )


@with_openssh
def test_ssh_clients_that_are_gone_or_idle_harm_nobody_and_are_told_of_the_end(tmp_path: Path) -> None:
    with http_and_ssh(tmp_path) as (daemon, host), host.console() as gone, host.console() as idle:
        gone.kill()
        gone.wait(TIMEOUT_S)
        assert host.run("status").startswith("worker ")
        with connect(daemon.tcp_address()) as http:
            daemon.tell_to_stop()

            assert read_all(http) == b""
        assert idle.stdout is not None
        assert idle.stdout.readline() == "This worker ends: please connect again.\n"
        assert idle.communicate(timeout=TIMEOUT_S)[0] == ""
        assert idle.returncode == 0


@with_openssh
def test_an_ssh_client_that_says_no_more_is_told_nothing_more(tmp_path: Path) -> None:
    with http_and_ssh(tmp_path) as (_, host), host.console() as console:
        assert console.communicate(timeout=TIMEOUT_S)[0] == ""
        assert console.returncode == 0


@with_openssh
def test_ssh_refuses_a_key_that_is_not_listed(tmp_path: Path) -> None:
    with http_and_ssh(tmp_path) as (_, host):
        (tmp_path / "client_key").unlink()
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "client_key"], input=b"y\n", check=True
        )

        with pytest.raises(subprocess.CalledProcessError) as caught:
            host.run("status")

        assert caught.value.returncode == 255
