import pytest

from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.catalogue.reading import builtin_servers
from rush_hour.rig.suite.application_suite import TARGET, find_servers, suite_of

FLASK = ApplicationFacts(target="shop.main:app", interface="wsgi", framework="flask", class_name="flask.app.Flask")
FASTAPI = ApplicationFacts(target="main:make", interface="asgi", framework="fastapi", class_name="", is_factory=True)
WSGI = (
    "gunicorn, api_hour, granian, uwsgi, waitress, cheroot, fastpysgi, mod_wsgi, gunicorn-gevent, gunicorn-meinheld, "
    "hypercorn-wsgi"
)
ASGI = "uvicorn, api_hour, hypercorn, granian, gunicorn-asgi, gunicorn-uvicorn"  # that a factory can be named to
BARE = ApplicationFacts(target="main:app", interface="asgi", framework="", class_name="function")


def test_each_server_is_a_system_of_the_suite() -> None:
    servers = find_servers(["gunicorn", "api_hour", "gunicorn"], FLASK, builtin_servers())

    suite = suite_of(FLASK, servers, path="/orders?limit=1", venv="/env", installed={"gunicorn", "flask", "uvloop"})

    assert (suite.name, suite.title) == ("shop.main-app", "shop.main:app")
    assert suite.requests == [RequestSpec(path="/orders?limit=1")]
    assert [(system.name, system.title, system.venv) for system in suite.systems] == [
        ("gunicorn", "Flask on Gunicorn", "/env"),
        ("api-hour", "Flask on API-Hour", "/env"),
    ]
    assert [system.packages for system in suite.systems] == [
        ["flask", "gunicorn"],
        ["flask", "api-hour", "uvloop"],
    ]
    assert suite.systems[0].command.endswith(" shop.main:app")


def test_a_server_is_known_by_the_distribution_that_is_installed() -> None:
    [uwsgi] = suite_of(
        FLASK, find_servers(["uwsgi"], FLASK, builtin_servers()), path="/", venv=None, installed={"pyuwsgi"}
    ).systems

    assert uwsgi.packages == ["pyuwsgi"]


def test_what_a_server_needs_is_recorded_with_it() -> None:
    [gevent] = suite_of(
        FLASK,
        find_servers(["gunicorn-gevent"], FLASK, builtin_servers()),
        path="/",
        venv=None,
        installed={"gunicorn", "gevent"},
    ).systems

    assert gevent.packages == ["gunicorn", "gevent"]


def test_a_function_that_makes_the_application_is_named_as_the_server_takes_it() -> None:
    [uvicorn] = suite_of(
        FASTAPI, find_servers(["uvicorn"], FASTAPI, builtin_servers()), path="/", venv=None, installed=()
    ).systems

    assert uvicorn.title == "FastAPI on uvicorn"
    assert uvicorn.command.endswith(" --factory main:make")


def test_an_application_of_no_known_framework_has_its_own_name() -> None:
    [uvicorn] = suite_of(
        BARE, find_servers(["uvicorn"], BARE, builtin_servers()), path="/", venv=None, installed=()
    ).systems

    assert uvicorn.title == "main:app on uvicorn"
    assert uvicorn.packages == ["uvicorn"]


@pytest.mark.parametrize(
    ("names", "application", "message"),
    [
        (
            [],
            FLASK,
            (f"--server: expected the server for shop.main:app, one of {WSGI}; got none."),
        ),
        (
            ["gunicorn", "apache"],
            FLASK,
            f"--server: expected one of {WSGI}; got 'apache'.",
        ),
        (
            ["gunicorn"],
            FASTAPI,
            (f"--server: gunicorn serves WSGI, and main:make is an application of ASGI: expected one of {ASGI}."),
        ),
        (
            ["daphne"],
            FASTAPI,
            (f"--server: daphne serves an object, and main:make is a function that makes one: expected one of {ASGI}."),
        ),
        (
            ["uvicorn"],
            FLASK,
            (f"--server: uvicorn serves ASGI, and shop.main:app is an application of WSGI: expected one of {WSGI}."),
        ),
    ],
)
def test_a_server_that_cannot_serve_it_is_told(names: list[str], application: ApplicationFacts, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_servers(names, application, builtin_servers())

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("target", "is_one"),
    [
        ("app", True),
        ("app:app", True),
        ("shop.main:app", True),
        ("shop.main:make()", True),
        ("shop.main:api.app", True),
        ("", False),
        ("app:", False),
        (":app", False),
        ("app.py", True),  # a module in a package, for all that its name says
        ("shop/app.py:app", False),
        ("app:app app", False),
        ("app:make(1)", False),
        ("--help", False),
    ],
)
def test_a_target_is_a_module_and_an_object(target: str, is_one: bool) -> None:
    assert (TARGET.fullmatch(target) is not None) is is_one
