"""Every test of the engine holds its readers to the table of their states."""

import pytest
from checked_reader import CheckedReader

from api_hour.http.h1 import protocol


@pytest.fixture(autouse=True)
def readers_keep_to_their_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no reader go from a state to one that may not follow."""
    monkeypatch.setattr(protocol, "RequestReader", CheckedReader)
