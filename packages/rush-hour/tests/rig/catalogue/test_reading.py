from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.rig.catalogue.reading import builtin_servers, known_servers, own_file, read_servers

OWN = """\
[[servers]]
name = "bjoern"
title = "bjoern"
packages = ["bjoern"]
[servers.commands]
wsgi = "bjoern-run --port {port} {target}"
"""


def test_people_have_servers_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN)

    servers = known_servers(file, environment={})

    assert [server.name for server in servers] == [*(server.name for server in builtin_servers()), "bjoern"]
    assert servers[-1].command("shop:app", "wsgi") == "bjoern-run --port {port} shop:app"


def test_a_server_of_the_same_name_takes_the_place_of_the_one_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace("bjoern", "gunicorn"))

    servers = known_servers(file, environment={})

    assert len(servers) == len(builtin_servers())
    assert servers[0].commands == {"wsgi": "gunicorn-run --port {port} {target}"}


def test_those_of_the_configuration_are_known_without_being_named(tmp_path: Path) -> None:
    (tmp_path / "rush-hour").mkdir()
    (tmp_path / "rush-hour" / "servers.toml").write_text(OWN)

    assert known_servers(environment={"XDG_CONFIG_HOME": str(tmp_path)})[-1].name == "bjoern"
    assert own_file({"HOME": str(tmp_path)}) is None
    assert own_file({}) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'name = "bjoern"',
            'name = "Bjoern!"',
            "2: servers[0].name: expected lower-case letters, digits, - and _; got 'Bjoern!'.",
        ),
        (
            'packages = ["bjoern"]',
            "packages = []",
            "4: servers[0].packages: expected at least one distribution, got none.",
        ),
        (
            'wsgi = "bjoern-run --port {port} {target}"',
            "",
            "5: servers[0].commands: expected a command for asgi or wsgi, got none.",
        ),
        (
            "{target}",
            "",
            ("6: servers[0].commands.wsgi: expected {target}, or {module} and {object}, in it; found neither."),
        ),
        (
            "wsgi =",
            "rsgi =",
            "6: servers[0].commands.rsgi: expected commands for asgi or wsgi; got another interface.",
        ),
        ("--port {port}", "", "6: servers[0].commands.wsgi: expected {port} in it, found none."),
        (
            "{port}",
            "{prot}",
            (
                "6: servers[0].commands.wsgi: expected placeholders among backlog, database_address, database_url, "
                "module, object, port, python, run_directory, target, threads, workers; got {prot}."
            ),
        ),
        (
            'title = "bjoern"',
            'title = "bjoern"\nloops = { asyncio = [] }',
            "4: servers[0].loops: expected a key 'loop_option' with it, found none.",
        ),
        (
            'title = "bjoern"',
            'title = "bjoern"\nreload = "SIGKILL"',
            "4: servers[0].reload: expected one of 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'; got 'SIGKILL'.",
        ),
        ('title = "bjoern"', 'caption = "bjoern"', "3: servers[0].caption: this key is not known here."),
        (
            'title = "bjoern"',
            'title = "bjoern"\nreload_workers = 0',
            "4: servers[0].reload_workers: expected a number above 0, got 0.",
        ),
        (OWN, OWN * 2, "8: servers[1].name: expected a name of its own, got 'bjoern' again."),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line_and_key(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace(old, new))

    with pytest.raises(UsageError) as caught:
        read_servers(file)

    assert str(caught.value) == f"{file}:{message}"
