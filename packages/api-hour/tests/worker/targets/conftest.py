"""A server that stands in for ASGI's."""

import pytest
from made_targets import StandInServer

from api_hour.containers import asgi as asgi_module


@pytest.fixture(autouse=True)
def asgi_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi_module, "AsgiServer", StandInServer)
