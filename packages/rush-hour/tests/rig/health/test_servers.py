"""Servers of the catalogue, as an environment has them."""

from pathlib import Path

from rig.environments import made_environment

from rush_hour.judge.health.facts import FoundServer
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.health.servers import look_for_servers
from rush_hour.rig.interpreter import find_interpreter, program_of

COMMANDS = {"wsgi": "x {target} {port}"}


def test_each_server_is_there_with_its_version_or_missing_with_what_brings_it(tmp_path: Path) -> None:
    made_environment(tmp_path, quick="1.5", quickc="2.0")
    python = program_of(tmp_path)
    servers = [
        Server(name="quick", title="Quick", packages=["quick"], commands=COMMANDS),
        Server(name="other", title="Other", packages=["other", "quickc"], commands=COMMANDS),
        Server(name="quick-by", title="By", packages=["quick"], needs=["by"], commands=COMMANDS, variant_of="quick"),
        Server(name="gone", title="Gone", packages=["gone"], commands=COMMANDS, install=["gone[all]>=1"]),
        Server(name="half", title="Half", packages=["quick"], programs=["no-such-program"], commands=COMMANDS),
        Server(name="hello", title="Hello", packages=["quick"], programs=["hello"], commands=COMMANDS),
    ]

    found = look_for_servers(servers, find_interpreter(str(tmp_path), None, Path()))

    pip = f"{python} -m pip install"
    assert found == [
        FoundServer(name="quick", title="Quick", version="1.5", command=""),
        FoundServer(name="other", title="Other", version="2.0", command=""),
        FoundServer(name="quick-by", title="By", version=None, command=f"{pip} quick by", variant_of="quick"),
        FoundServer(name="gone", title="Gone", version=None, command=f"{pip} 'gone[all]>=1'"),
        FoundServer(name="half", title="Half", version=None, command="put no-such-program on PATH"),
        FoundServer(name="hello", title="Hello", version="1.5", command=""),
    ]


def test_in_rush_hours_own_environment_pip_is_enough() -> None:
    server = Server(name="gone", title="Gone", packages=["no-such-distribution"], commands=COMMANDS)

    [found] = look_for_servers([server], find_interpreter(None, None, Path()))

    assert (found.version, found.command) == (None, "pip install no-such-distribution")
