"""Names for the sockets of tests."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path has a limit that `tmp_path` may reach: sockets are named from here."""
    monkeypatch.chdir(tmp_path)
