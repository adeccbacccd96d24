import pytest

from rush_hour.rig.application.facts import Interface
from rush_hour.rig.catalogue.reading import builtin_servers, servers_of
from rush_hour.rig.catalogue.server import Server

BY_NAME = {server.name: server for server in builtin_servers()}


@pytest.mark.parametrize(
    ("interface", "names"),
    [
        (
            "asgi",
            [
                "uvicorn",
                "api_hour",
                "hypercorn",
                "granian",
                "daphne",
                "fastpysgi",
                "gunicorn-asgi",
                "gunicorn-uvicorn",
            ],
        ),
        (
            "wsgi",
            [
                "gunicorn",
                "api_hour",
                "granian",
                "uwsgi",
                "waitress",
                "cheroot",
                "fastpysgi",
                "mod_wsgi",
                "gunicorn-gevent",
                "gunicorn-meinheld",
                "hypercorn-wsgi",
            ],
        ),
    ],
)
def test_which_servers_serve_an_interface(interface: Interface, names: list[str]) -> None:
    assert [server.name for server in servers_of(interface)] == names


@pytest.mark.parametrize(
    ("name", "interface", "end"),
    [
        ("gunicorn", "wsgi", "--log-level warning 'shop:create_app()'"),
        ("uvicorn", "asgi", "--log-level warning --factory shop:create_app"),
        ("api_hour", "asgi", "--backlog {backlog} 'shop:create_app()'"),
        ("granian", "wsgi", "--blocking-threads {threads} --factory shop:create_app"),
        ("waitress", "wsgi", "--backlog {backlog} --call shop:create_app"),
    ],
)
@pytest.mark.parametrize(("target", "is_factory"), [("shop:create_app", True), ("shop:create_app()", False)])
def test_each_is_told_in_its_own_way_that_a_target_is_a_factory(
    name: str, interface: Interface, end: str, target: str, is_factory: bool
) -> None:
    assert BY_NAME[name].command(target, interface, is_factory=is_factory).endswith(f" {end}")


@pytest.mark.parametrize("server", BY_NAME.values(), ids=lambda server: server.name)
def test_every_command_listens_on_the_port_and_names_the_target(server: Server) -> None:
    for interface in server.commands:
        command = server.command("shop.main:app", interface)
        assert "{port}" in command
        assert "{target}" not in command
        assert "shop.main" in command.split()[-1]


def test_a_server_may_come_from_several_distributions() -> None:
    uwsgi = BY_NAME["uwsgi"]

    assert uwsgi.package(["flask", "pyuwsgi"]) == "pyuwsgi"
    assert uwsgi.package(["flask"]) is None


def test_a_way_to_run_a_server_is_there_with_all_that_it_needs() -> None:
    gevent = BY_NAME["gunicorn-gevent"]

    assert gevent.package(["gunicorn"]) is None
    assert gevent.package(["gunicorn", "gevent"]) == "gunicorn"
    assert gevent.install_command == "pip install 'gunicorn[gevent]'"
    assert BY_NAME["uwsgi"].install_command == "pip install uwsgi"


def test_one_that_cannot_be_told_is_given_the_target_as_it_is() -> None:
    daphne = BY_NAME["daphne"]

    assert daphne.factory is None
    assert daphne.command("shop:app", "asgi").endswith(" shop:app")


def test_a_loop_is_chosen_by_the_servers_own_option() -> None:
    assert BY_NAME["uvicorn"].command("shop:app", "asgi", loop="uvloop").endswith(" --loop uvloop shop:app")
    assert BY_NAME["hypercorn"].command("shop:app", "asgi", loop="asyncio").endswith(" --worker-class asyncio shop:app")


def test_module_and_object_are_told_apart_for_a_server_that_wants_them_so() -> None:
    command = BY_NAME["mod_wsgi"].command("shop.main:app", "wsgi")

    assert "--callable-object app " in command
    assert command.endswith(" shop.main")


def test_what_a_command_uses_is_known_by_its_placeholders() -> None:
    assert BY_NAME["api_hour"].uses("threads", "wsgi")
    assert not BY_NAME["api_hour"].uses("threads", "asgi")
    assert not BY_NAME["daphne"].uses("workers", "asgi")
