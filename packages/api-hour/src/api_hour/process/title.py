"""Titles of the daemon's processes, which `ps` and `top` show."""

from collections.abc import Iterator
from contextlib import contextmanager

import setproctitle


def name_supervisor(name: str) -> None:
    """Give this process a supervisor's title."""
    setproctitle.setproctitle(f"api_hour: supervisor {name}")


def name_worker(worker_id: int, name: str) -> None:
    """Give this process a worker's title."""
    setproctitle.setproctitle(f"api_hour: worker {worker_id} {name}")


@contextmanager
def title_kept() -> Iterator[None]:
    """Give this process the title back that it has now, at the end."""
    title = setproctitle.getproctitle()
    try:
        yield
    finally:
        setproctitle.setproctitle(title)
