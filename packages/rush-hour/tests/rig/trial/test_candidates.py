from rush_hour.rig.application.facts import ApplicationFacts
from rush_hour.rig.catalogue.reading import builtin_servers
from rush_hour.rig.catalogue.server import Server
from rush_hour.rig.suite.system_spec import Front
from rush_hour.rig.trial.candidates import Axes, candidates_of, missing_of, spec_of

FLASK = ApplicationFacts(target="shop:app", interface="wsgi", framework="flask", class_name="flask.app.Flask")
BY_NAME = {server.name: server for server in builtin_servers()}
INSTALLED = {"gunicorn", "flask", "waitress", "uvicorn", "uvloop"}


def servers(*names: str) -> list[Server]:
    return [BY_NAME[name] for name in names]


def test_each_setting_is_tried_with_servers_that_have_it() -> None:
    axes = Axes(workers=(1, 2), threads=(1, 4))

    found = candidates_of(servers("gunicorn", "waitress", "gunicorn-gevent"), "wsgi", axes, INSTALLED)

    assert [one.name for one in found] == [
        "gunicorn-w1-t1",
        "gunicorn-w1-t4",
        "gunicorn-w2-t1",
        "gunicorn-w2-t4",
        "waitress-t1",
        "waitress-t4",
        "gunicorn-gevent-w1",
        "gunicorn-gevent-w2",
    ]
    assert [one.contender().settings for one in found[3:6]] == ["2 workers, 4 threads", "1 thread", "4 threads"]


def test_a_setting_that_is_not_varied_is_not_in_the_name() -> None:
    axes = Axes(workers=(2,), threads=(4,), loops=("uvloop",))

    [one] = candidates_of(servers("uvicorn"), "asgi", axes, INSTALLED)

    assert (one.name, one.loop, one.contender().settings) == ("uvicorn", "uvloop", "2 workers, uvloop")


def test_a_loop_that_is_not_installed_is_not_tried() -> None:
    axes = Axes(workers=(2,), threads=(4,), loops=("asyncio", "uvloop"))

    found = candidates_of(servers("uvicorn"), "asgi", axes, {"uvicorn"})

    assert [one.name for one in found] == ["uvicorn-asyncio"]


def test_a_server_reloads_where_it_has_the_workers_for_it() -> None:
    found = candidates_of(servers("uvicorn"), "asgi", Axes(workers=(1, 2), threads=(1,)), INSTALLED)

    assert [one.can_reload for one in found] == [False, True]


def test_what_is_missing_is_named_with_what_brings_it() -> None:
    missing = missing_of(servers("gunicorn", "gunicorn-gevent", "mod_wsgi"), {*INSTALLED, "mod_wsgi"}, programs=())

    assert [(one.title, one.command) for one in missing] == [
        ("Gunicorn with gevent", "pip install 'gunicorn[gevent]'"),
        ("Apache with mod_wsgi", "pip install mod_wsgi"),
    ]


def test_a_candidate_is_a_system() -> None:
    [one] = candidates_of(servers("gunicorn"), "wsgi", Axes(workers=(2,), threads=(4,)), INSTALLED)

    spec = spec_of(one, FLASK, venv="/env", installed=INSTALLED, front=True)

    assert (spec.name, spec.title, spec.venv) == ("gunicorn", "Gunicorn, 2 workers, 4 threads", "/env")
    assert (spec.workers, spec.threads, spec.packages) == (2, 4, ["flask", "gunicorn"])
    assert spec.command.endswith(" shop:app")
    assert spec.front == Front(protocol="http", port=8080)
