"""Real parts of the rig, each stopped at the end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.postgres import private_server
from rush_hour.rig.parts.run_directory import RunDirectory


@pytest.fixture
def run_directory() -> Iterator[RunDirectory]:
    """The private directory of a run."""
    with RunDirectory() as directory:
        yield directory


@pytest.fixture
def start_part(run_directory: RunDirectory, tmp_path: Path) -> Iterator[Callable[..., Part]]:
    """Start a Python program as a part; its log is `part.log`, and its directory the test's."""
    with ExitStack() as stack:

        def start(program: str, **options: object) -> Part:
            settings = {"log_path": tmp_path / "part.log", "environment": base_environment(), "directory": tmp_path}
            command = [sys.executable, "-I", "-S", "-u", "-c", program]
            return stack.enter_context(Part(command, run_directory, **(settings | options)))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The maintenance database of a private PostgreSQL server."""
    log_path = tmp_path_factory.mktemp("postgres") / "postgres.log"
    with RunDirectory() as directory, private_server(directory, log_path) as (url, _):
        yield url
