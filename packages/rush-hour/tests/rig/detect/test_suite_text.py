import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from rush_hour.rig.application.facts import ApplicationFacts, Route
from rush_hour.rig.catalogue.reading import builtin_servers
from rush_hour.rig.detect.database_use import DatabaseUse
from rush_hour.rig.detect.found_lines import found_lines, next_lines
from rush_hour.rig.detect.interpreter import FoundInterpreter
from rush_hour.rig.detect.project import Project
from rush_hour.rig.detect.suite_text import suite_text

HERE = Path("/shop")
PACKAGES = {"django": "5.2", "gunicorn": "27.0", "psycopg": "3.3"}
GUNICORN = next(server for server in builtin_servers() if server.name == "gunicorn")


@pytest.fixture
def project() -> Project:
    """A Django project whose database is in DATABASE_URL."""
    return Project(
        directory=HERE,
        facts=ApplicationFacts(
            target="shop.wsgi:application",
            interface="wsgi",
            framework="django",
            class_name="django.core.handlers.wsgi.WSGIHandler",
            routes=[Route(path="/a"), Route(path="/mine", needs_login=True), Route(path="/b")],
        ),
        note=None,
        interpreter=FoundInterpreter(
            python=HERE / ".venv" / "bin" / "python",
            environment=HERE / ".venv",
            is_beside=True,
            version="3.12.1",
            packages=PACKAGES,
        ),
        servers=[GUNICORN],
        database=DatabaseUse(variables=("DATABASE_URL",)),
        migrations=["{python} manage.py migrate --noinput"],
    )


def suite_of(project: Project, directory: Path = HERE) -> dict[str, Any]:
    return tomllib.loads(suite_text(project, directory))


def paths(project: Project, *, routes: Sequence[Route]) -> list[str]:
    suite = suite_of(replace(project, facts=replaced(project.facts, routes=list(routes))))
    return [request["path"] for request in suite["requests"]]


def test_a_suite_says_what_was_found(project: Project) -> None:
    suite = suite_of(project)

    assert (suite["name"], suite["title"]) == ("shop", "Django application shop.wsgi:application")
    assert (suite["workers"], suite["threads"], suite["venv"]) == (2, 4, ".venv")
    assert suite["prepare"] == ["{python} manage.py migrate --noinput"]
    assert suite["database"] == {"load": []}
    assert [request["path"] for request in suite["requests"]] == ["/a", "/b"]
    [system] = suite["systems"]
    assert system["name"] == "gunicorn"
    assert " ".join(system["command"].split()) == (
        "gunicorn --workers {workers} --threads {threads} --bind 127.0.0.1:{port} --backlog {backlog} "
        "--log-level warning shop.wsgi:application"
    )
    assert system["packages"] == ["django", "gunicorn"]
    assert "env" not in system


def test_requests_that_want_a_login_are_comments_and_the_login_is_that_of_the_framework(project: Project) -> None:
    text = suite_text(project, HERE)

    assert '# path = "/mine"' in text
    assert "csrfmiddlewaretoken" in text
    assert max(map(len, text.splitlines())) <= 120


def test_four_routes_are_asked_for_and_without_any_it_is_the_root(project: Project) -> None:
    assert paths(project, routes=[Route(path=f"/{number}") for number in range(9)]) == ["/0", "/1", "/2", "/3"]
    assert paths(project, routes=[]) == ["/"]
    assert paths(project, routes=[Route(path="/x", needs_login=True)]) == ["/"]


def test_paths_are_relative_to_the_suite_and_commands_run_where_the_application_is(project: Project) -> None:
    suite = suite_of(replace(project, directory=HERE / "back end"))

    assert suite["systems"][0]["directory"] == "back end"
    assert suite["prepare"] == ["env '--chdir=back end' {python} manage.py migrate --noinput"]


@pytest.mark.parametrize(
    ("use", "url"),
    [
        (DatabaseUse(variables=("SHOP_DB_URL",)), "{database_url}"),
        (DatabaseUse(variables=("SHOP_DB_URL",), dialect="asyncpg"), "postgresql+asyncpg{database_address}"),
    ],
)
def test_a_variable_of_another_name_is_set_for_systems_and_for_what_prepares(
    project: Project, use: DatabaseUse, url: str
) -> None:
    suite = suite_of(replace(project, database=use))

    assert suite["systems"][0]["env"] == {"SHOP_DB_URL": url}
    assert suite["prepare"][0].endswith(" {python} manage.py migrate --noinput")
    assert f"SHOP_DB_URL={url}" in suite["prepare"][0].replace("'", "")


def test_without_a_server_it_has_the_usual_ones_and_says_what_to_install(project: Project) -> None:
    without = replace(project, servers=[], database=None, migrations=[])

    assert [system["name"] for system in suite_of(without)["systems"]] == ["gunicorn", "api-hour"]
    assert list(next_lines(without, Path("suite.toml"))) == [
        "missing /shop/.venv/bin/python -m pip install gunicorn api-hour",
        "next    rush-hour bench suite.toml --duration 5s",
    ]


def test_what_was_found_is_said(project: Project) -> None:
    assert list(found_lines(project)) == [
        "found   a Django application: shop.wsgi:application (WSGI)",
        "        Python 3.12.1 in /shop/.venv, with gunicorn 27.0",
        "        its database's URL is in DATABASE_URL: a fresh PostgreSQL is started for it",
        "        its tables are made by: {python} manage.py migrate --noinput",
        "        GET /a, /mine (with login), /b",
    ]


def test_what_is_to_be_edited_is_said(project: Project) -> None:
    closed = replaced(project.facts, routes=[Route(path="/mine", needs_login=True)])
    lines = next_lines(replace(project, facts=closed, migrations=[]), Path("a suite.toml"))

    assert list(lines) == [
        "edit    `prepare` or `load`: what makes the tables that the application reads was not found",
        "edit    `[session]`: every route that was found wants somebody who has logged in",
        "next    rush-hour bench 'a suite.toml' --duration 5s",
    ]
