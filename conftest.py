"""What all tests share: no timing decides a test, and none inherits another's logging or a shell's deafness."""

import logging
import signal

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
