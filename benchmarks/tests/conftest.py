"""The service's database, and the published command lines, started."""

import select
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from command_lines import BENCHMARKS, SUITE, TIMEOUT_S, accepts, running, skip_if_taken

from rush_hour.rig.parts.postgres import private_server
from rush_hour.rig.parts.run_directory import RunDirectory


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The database of the published suite, as `rush-hour database` gives it."""
    with running(f"rush-hour database --suite {SUITE}", directory=BENCHMARKS) as process:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], TIMEOUT_S)
        line = process.stdout.readline() if readable else "nothing in time"
        while line and not line.startswith("export DATABASE_URL="):
            line = process.stdout.readline()
        assert line, f"rush-hour database ended with {process.wait()}"
        yield shlex.split(line)[1].partition("=")[2]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The maintenance database of a private server."""
    log_path = tmp_path_factory.mktemp("postgres") / "postgres.log"
    with RunDirectory() as directory, private_server(directory, log_path) as (url, _):
        yield url


@pytest.fixture
def serve(database_url: str) -> Iterator[Callable[[str, str, int], str]]:
    """Start a published command line and return its address once it accepts connections."""
    with ExitStack() as stack:

        def start(command: str, directory: str, port: int) -> str:
            skip_if_taken(port)
            process = stack.enter_context(running(command, directory=BENCHMARKS / directory, DATABASE_URL=database_url))
            end_at_s = time.monotonic() + TIMEOUT_S
            while not accepts(port):
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < end_at_s, f"{command}: no connection on port {port} in time"
                time.sleep(0.05)
            return f"http://127.0.0.1:{port}"

        yield start
