"""The applications of `benchmarks/workloads`, started as their suites say, each with a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from command_lines import BENCHMARKS

from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.choosing import choose_one
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.system import running_system

WORKLOADS = BENCHMARKS / "workloads"


def path_of(name: str) -> Path:
    """Return the file of an application's suite."""
    return WORKLOADS / name / "suite.toml"


def suite_of(name: str) -> Suite:
    """Return the suite of an application."""
    return read_suite(path_of(name))


@contextmanager
def serving(name: str, system: str, postgres_url: str, logs: Path) -> Iterator[str]:
    """Prepare a fresh database and start a system; yield its address once it answers as its suite says."""
    suite = suite_of(name)
    options = RigOptions(suite_path=path_of(name), logs=logs, database_url=postgres_url, nginx=None)
    with (
        shared_rig(suite, options, lambda _step: None) as (rig, _),
        running_system(choose_one(suite, system, what="system"), suite, rig) as running,
    ):
        yield urljoin(running.url, "/").rstrip("/")
