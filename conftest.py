"""What all tests share: no timing decides a test, and none inherits another's logging or a shell's deafness."""

import fcntl
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None)
settings.load_profile("project")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what it runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def logging_as_python_leaves_it() -> None:
    """Let each test begin with the root logger's own level: some frameworks set another when they are imported."""
    logging.getLogger().setLevel(logging.WARNING)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a test that is marked `alone` wait until no other process of pytest runs one, and the others for it.

    It is about what a machine does, and finds nothing on a busy one; or it needs ports that another test may have.
    """
    assert item.config.cache is not None, "pytest keeps a cache"
    with _machine(item.config.cache.mkdir("machine"), alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _machine(locks: Path, *, alone: bool) -> Iterator[None]:
    """Hold the machine, alone or with others; who waits to be alone is waited for by those that come later."""
    with (locks / "turn").open("w") as turn, (locks / "whole").open("w") as machine:
        fcntl.flock(turn, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turn, fcntl.LOCK_UN)
        yield
