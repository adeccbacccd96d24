"""The files of `examples/deploy/` and the commands of their pages, made to run on this machine beside other tests."""

import re
import shlex
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from daemon_process import Address, Daemon, connect, end_in_time, kill_left, watched
from event_loops import TIMEOUT_S
from started_process import POLL_S, StartedProcess, started

REPOSITORY = Path(__file__).parents[3]
FILES = REPOSITORY / "examples" / "deploy"
PAGES = REPOSITORY / "docs" / "api-hour" / "deploy"


def file_for_here(name: str, replacements: Mapping[str, str]) -> str:
    """Return a file of the examples with what cannot be the same on this machine replaced."""
    return for_here((FILES / name).read_text(), replacements)


def for_here(text: str, replacements: Mapping[str, str]) -> str:
    """Replace texts, each of which must be there."""
    for old, new in replacements.items():
        assert old in text, f"no {old!r} in {text!r}"
        text = text.replace(old, new)
    return text


def documented_command(page: str, replacements: Mapping[str, str]) -> list[str]:
    """Return the words of the one command that starts a daemon on a page, with some texts replaced."""
    [line] = re.findall(r"^\$ (api_hour .*)$", (PAGES / page).read_text(), re.MULTILINE)
    return shlex.split(for_here(line, replacements))


@contextmanager
def deployed(
    directory: Path,
    command: Sequence[str],
    *,
    workers: int,
    app: str = "app.py",
    environment: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[Daemon]:
    """Run a daemon beside a copy of an application, until it ends; it must end well, once it is told to.

    Args:
        directory: where it runs; it is made if it is not there.
        command: what starts it.
        workers: how many serve when the block begins.
        app: the application's file among the examples.
        environment: what is added to this process's own.
        pass_fds: descriptors that it inherits.
    """
    directory.mkdir(exist_ok=True)
    shutil.copy(FILES / app, directory)
    with ExitStack() as stack:
        stack.callback(kill_left, directory / "output.log")
        process = stack.enter_context(started(command, directory=directory, environment=environment, pass_fds=pass_fds))
        running = Daemon(process)
        with watched(running.wait_ready(workers)) as pids:
            yield running
            if process.process.poll() is None:
                process.process.terminate()
            assert process.wait() == 0, process.log
            assert end_in_time(pids)
    assert not re.search("ERROR|WARNING|Traceback", process.log), process.log


@contextmanager
def beside(directory: Path, command: Sequence[str], address: Address) -> Iterator[StartedProcess]:
    """Run a program, such as a proxy, in a directory that is made for it; its address takes connections."""
    directory.mkdir(exist_ok=True)
    with started(command, directory=directory) as running:
        end_at_s = time.monotonic() + TIMEOUT_S
        while not takes_connections(address):
            if running.process.poll() is not None or time.monotonic() > end_at_s:
                pytest.fail(f"{command[0]} does not come up:\n{running.log}")
            time.sleep(POLL_S)
        yield running


def takes_connections(address: Address) -> bool:
    """Tell whether somebody listens."""
    try:
        connect(address).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port of the loopback address that nobody uses, for programs that cannot be given port 0."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def program(name: str) -> str:
    """Return a program of the system, or skip the test."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"there is no {name}")
    return found
