import pytest
from rig.source_files import sources_of

from rush_hour.rig.detect.candidates import choose_candidates, find_candidates


def targets(**texts: str) -> list[str]:
    return [candidate.target for candidate in choose_candidates(find_candidates(sources_of(**texts)))]


@pytest.mark.parametrize(
    ("text", "framework", "interface"),
    [
        ("from flask import Flask\napp = Flask(__name__)", "flask", "wsgi"),
        ("import flask as f\napp = f.Flask(__name__)", "flask", "wsgi"),
        ("from fastapi import FastAPI\napp: FastAPI = FastAPI()", "fastapi", "asgi"),
        ("from starlette.applications import Starlette\napp = Starlette()", "starlette", "asgi"),
        ("from litestar import Litestar\napp = Litestar([])", "litestar", "asgi"),
        ("from quart import Quart\napp = Quart(__name__)", "quart", "asgi"),
        ("import falcon\napp = falcon.App()", "falcon", "wsgi"),
        ("import falcon.asgi\napp = falcon.asgi.App()", "falcon", "asgi"),
        ("from bottle import Bottle\napp = Bottle()", "bottle", "wsgi"),
        ("from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()", "django", "wsgi"),
        ("async def app(scope, receive, send): pass", "", "asgi"),
        ("def app(environ, start_response): pass", "", "wsgi"),
        ("import sys\nif sys.argv:\n  from flask import Flask\n  app = Flask('')", "flask", "wsgi"),
        ("try:\n  from flask import Flask\nfinally:\n  app = Flask('')", "flask", "wsgi"),
    ],
)
def test_an_application_is_known_by_what_makes_it(text: str, framework: str, interface: str) -> None:
    [candidate] = find_candidates(sources_of(main=text))

    assert (candidate.target, candidate.framework, candidate.interface) == ("main:app", framework, interface)
    assert not candidate.is_factory


@pytest.mark.parametrize(
    "text",
    [
        "class Flask: pass\nbook = dict()",
        "from flask import Flask\nif __name__ == '__main__':\n  app = Flask('')",
        "def function(environ): pass",
        "from flask import Flask\ndef helper():\n  return Flask('')",
        "from flask import Flask\ndef create_app(config):\n  return Flask('')",
    ],
)
def test_other_things_are_none(text: str) -> None:
    assert find_candidates(sources_of(main=text)) == []


FACTORY = """
from flask import Flask

def create_app(test_config=None):
    app = Flask(__name__)
    return app
"""


def test_a_factory_is_one_if_it_can_be_called_without_arguments() -> None:
    [candidate] = find_candidates(sources_of(shop____init__=FACTORY))

    assert (candidate.target, candidate.framework, candidate.is_factory) == ("shop:create_app", "flask", True)


def test_what_a_factory_of_another_module_makes_comes_before_the_factory() -> None:
    wsgi = "from shop import create_app\napplication = create_app()"

    assert targets(shop____init__=FACTORY, wsgi=wsgi) == ["wsgi:application"]


def test_usual_names_come_before_others_and_what_is_higher_up_before_what_is_deeper() -> None:
    make = "from fastapi import FastAPI\n{} = FastAPI()"

    assert targets(main=make.format("app"), other=make.format("sub_api")) == ["main:app"]
    assert targets(main=make.format("app"), old__main=make.format("app")) == ["main:app"]


def test_those_that_are_as_good_are_all_returned() -> None:
    make = "from fastapi import FastAPI\napp = FastAPI()"

    assert targets(one=make, two=make) == ["one:app", "two:app"]


@pytest.mark.parametrize(
    ("files", "root", "target"),
    [
        ({"shop____init__": "", "shop__main": "MAKE"}, ".", "shop.main:app"),
        ({"src__shop____init__": "", "src__shop__main": "MAKE"}, "src", "shop.main:app"),
        ({"src__main": "MAKE"}, "src", "main:app"),
        ({"backend__main": "MAKE"}, "backend", "main:app"),
        ({"backend__main": "from backend import other\nMAKE"}, ".", "backend.main:app"),
        ({"backend__main": "from . import other\nMAKE"}, ".", "backend.main:app"),
        ({"backend__main": "MAKE", "run": "import backend.main"}, ".", "backend.main:app"),
        ({"api____init__": "MAKE"}, ".", "api:app"),
        ({"web__app____init__": "", "web__app__main": "from . import other\nMAKE"}, "web", "app.main:app"),
        ({"backend__app____init__": "", "backend__app__main": "MAKE"}, "backend", "app.main:app"),
    ],
)
def test_from_where_a_module_is_imported(files: dict[str, str], root: str, target: str) -> None:
    make = "from fastapi import FastAPI\napp = FastAPI()"

    [candidate] = find_candidates(sources_of(**{name: text.replace("MAKE", make) for name, text in files.items()}))

    assert (str(candidate.root), candidate.target) == (root, target)
