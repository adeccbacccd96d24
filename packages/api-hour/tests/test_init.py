"""The package's own names."""

import subprocess
import sys

import pytest

import api_hour
from api_hour.programs import daemon, running_server, server

LAZY = """
import sys
import api_hour
rooms = ("api_hour.programs", "api_hour.supervisor", "api_hour.worker")
assert not [name for name in sys.modules if name.startswith(rooms)]
assert callable(api_hour.run) and callable(api_hour.serve)
"""


def test_what_starts_servers_is_there() -> None:
    assert api_hour.run is daemon.run
    assert api_hour.serve is server.serve
    assert api_hour.RunningServer is running_server.RunningServer
    assert all(hasattr(api_hour, name) for name in api_hour.__all__)


def test_it_is_imported_when_it_is_asked_for() -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True, timeout=60)


def test_a_name_that_there_is_not_is_said_as_ever() -> None:
    with pytest.raises(AttributeError) as caught:
        api_hour.nothing  # type: ignore[attr-defined]  # noqa: B018

    assert str(caught.value) == "module 'api_hour' has no attribute 'nothing'"
