"""What all tests of API-Hour share."""

import logging

import pytest


@pytest.fixture(autouse=True)
def logging_as_python_leaves_it() -> None:
    """Let each test begin with the root logger's own level: some frameworks set another when they are imported."""
    logging.getLogger().setLevel(logging.WARNING)
