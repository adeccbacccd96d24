import os
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from rig.deadlines import TIMEOUT_S, wait_for

from rush_hour.errors import StartError, UsageError
from rush_hour.rig.application.facts import ApplicationFacts, Route, describe_application

PYTHON = Path(sys.executable)
EXPECTED = "expected a WSGI or ASGI application, or a function that makes one"

FLASK = """
import os
from functools import wraps
from flask import Blueprint, Flask, redirect

os.environ.get("DATABASE_URL")
app = Flask(__name__)


def login_required(view):
    @wraps(view)
    def wrapped(**values):
        return redirect("/login")
    return wrapped


@app.get("/")
def index():
    return "index"


@app.post("/orders")
def order():
    return "ordered"


@app.get("/orders/<int:number>")
def one(number):
    return "one"


@app.get("/mine")
@login_required
def mine():
    return "mine"


def create_app(test_config=None):
    return app
"""

FASTAPI = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer
from starlette.middleware.cors import CORSMiddleware

token = OAuth2PasswordBearer(tokenUrl="token")
router = APIRouter(prefix="/orders")


@router.get("/")
async def orders(limit: int = 10):
    return []


@router.get("/found")
async def found(text: str):
    return []


@router.get("/mine")
async def mine(token: Annotated[str, Depends(token)]):
    return []


app = FastAPI()
app.include_router(router, prefix="/v1")
wrapped = CORSMiddleware(app, allow_origins=["*"])
"""

DJANGO = """
import os
from django.conf import settings

settings.configure(
    ROOT_URLCONF="in_django_urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.getenv("SHOP_DATABASE_URL", "")}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
)

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
asynchronous = get_asgi_application()
"""

DJANGO_URLS = """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views import View
from django.views.decorators.http import require_POST


def index(request):
    return HttpResponse("index")


class Mine(LoginRequiredMixin, View):
    def get(self, request):
        return HttpResponse("mine")


class Form(View):
    def post(self, request):
        return HttpResponse("posted")


shop = [
    path("", index),
    path("mine/", Mine.as_view()),
    path("also-mine/", login_required(index)),
    path("form/", Form.as_view()),
    path("order/", require_POST(index)),
    path("<int:number>/", index),
]
urlpatterns = [
    path("", index),
    re_path(r"^about/$", index),
    re_path(r"^year/([0-9]+)/$", index),
    path("shop/", include(shop)),
]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory of applications."""
    for name, text in {
        "in_flask": FLASK,
        "in_fastapi": FASTAPI,
        "in_django": DJANGO,
        "in_django_urls": DJANGO_URLS,
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_a_flask_application_is_described(directory: Path) -> None:
    facts = describe_application(PYTHON, "in_flask", directory)

    variables, facts = _without_variables(facts)
    assert facts == ApplicationFacts(
        target="in_flask:app",
        interface="wsgi",
        framework="flask",
        class_name="flask.app.Flask",
        routes=[Route(path="/"), Route(path="/mine", needs_login=True)],
    )
    assert "DATABASE_URL" in variables


@pytest.mark.parametrize("target", ["in_flask:create_app", "in_flask:create_app()"])
def test_so_is_what_a_factory_makes(directory: Path, target: str) -> None:
    facts = describe_application(PYTHON, target, directory)

    assert (facts.framework, facts.interface) == ("flask", "wsgi")
    assert facts.is_factory is (target == "in_flask:create_app")  # the other one's target is the application already


def test_a_fastapi_application_is_described_also_inside_middleware(directory: Path) -> None:
    facts = describe_application(PYTHON, "in_fastapi:wrapped", directory)

    assert _without_variables(facts)[1] == ApplicationFacts(
        target="in_fastapi:wrapped",
        interface="asgi",
        framework="fastapi",
        class_name="fastapi.applications.FastAPI",
        routes=[Route(path="/v1/orders/"), Route(path="/v1/orders/mine", needs_login=True)],
    )


@pytest.mark.parametrize(("name", "interface"), [("application", "wsgi"), ("asynchronous", "asgi")])
def test_a_django_application_is_described(directory: Path, name: str, interface: str) -> None:
    facts = describe_application(PYTHON, f"in_django:{name}", directory)

    variables, facts = _without_variables(facts)
    assert (facts.interface, facts.framework, facts.migrations) == (interface, "django", "django")
    assert facts.routes == [
        Route(path="/"),
        Route(path="/about/"),
        Route(path="/shop/"),
        Route(path="/shop/mine/", needs_login=True),
        Route(path="/shop/also-mine/", needs_login=True),
    ]
    assert "SHOP_DATABASE_URL" in variables


OTHERS = """
import functools
from quart import Quart
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from litestar import Litestar, get


def bare_wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"bare"]


async def bare_asgi(scope, receive, send):
    pass


class Callable:
    def __call__(self, scope, receive, send):
        return bare_asgi(scope, receive, send)


partial = functools.partial(lambda setting, environ, start_response: [], "setting")
an_object = Callable()
quart = Quart(__name__)


@quart.get("/quart")
async def in_quart():
    return "quart"


async def page(request):
    return PlainTextResponse("page")


starlette = Starlette(routes=[Route("/a", page), Mount("/b", routes=[Route("/c", page), Route("/{d}", page)])])


@get("/in-litestar")
async def in_litestar() -> str:
    return "litestar"


litestar = Litestar([in_litestar])
"""


@pytest.mark.parametrize(
    ("name", "interface", "framework", "routes"),
    [
        ("bare_wsgi", "wsgi", "", []),
        ("bare_asgi", "asgi", "", []),
        ("an_object", "asgi", "", []),
        ("partial", "wsgi", "", []),
        ("quart", "asgi", "quart", ["/quart"]),
        ("starlette", "asgi", "starlette", ["/a", "/b/c"]),
        ("litestar", "asgi", "litestar", ["/in-litestar"]),
    ],
)
def test_interface_framework_and_routes_of_others(
    tmp_path: Path, name: str, interface: str, framework: str, routes: list[str]
) -> None:
    (tmp_path / "others.py").write_text(OTHERS)

    facts = describe_application(PYTHON, f"others:{name}", tmp_path)

    assert (facts.interface, facts.framework) == (interface, framework)
    assert [route.path for route in facts.routes] == routes


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("main.py", "application: expected MODULE:OBJECT, such as shop.main:app; got 'main.py'."),
        ("missing:app", "missing:app: there is no module 'missing' in {directory}."),
        ("main:nothing", "main:nothing: the module 'main' has no 'nothing'."),
        ("main", "main: the module 'main' has no 'app'."),
        ("main:number", f"main:number: {EXPECTED}; got an object of the class builtins.int."),
        ("main:Class", f"main:Class: {EXPECTED}; got the class main.Class."),
        ("main:make", f"main:make: {EXPECTED}; got an object of the class builtins.NoneType."),
    ],
)
def test_what_is_no_application_is_refused(tmp_path: Path, target: str, message: str) -> None:
    (tmp_path / "main.py").write_text("number = 1\nclass Class: pass\ndef make(): pass\n")

    with pytest.raises(UsageError) as refused:
        describe_application(PYTHON, target, tmp_path)

    assert str(refused.value) == message.format(directory=tmp_path)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("main", "main:application"),
        ("other", "other:app"),
        ("main:make", "main:make"),
        ("main:make()", "main:make()"),
    ],
)
def test_the_target_that_is_told_names_the_object_that_was_found(tmp_path: Path, target: str, found: str) -> None:
    wsgi = "def app(environ, start_response): pass\n"
    (tmp_path / "main.py").write_text(f"{wsgi}application = app\ndef make(): return app\n")
    (tmp_path / "other.py").write_text(wsgi)

    assert describe_application(PYTHON, target, tmp_path).target == found


FAULTY = """
from starlette.applications import Starlette
from starlette.routing import Route

class Broken(Starlette):
    @property
    def routes(self):
        yield Route("/good", lambda request: None)
        raise RuntimeError("no setting")

app = Broken()
"""


def test_routes_that_cannot_be_listed_are_left_out_and_the_application_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(FAULTY)

    facts = describe_application(PYTHON, "main:app", tmp_path)

    assert (facts.interface, facts.framework) == ("asgi", "starlette")
    assert [route.path for route in facts.routes] == ["/good"]


def test_migrations_that_cannot_be_looked_for_are_none(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from flask import Flask\nclass Broken(Flask):\n    @property\n    def extensions(self):\n"
        "        raise RuntimeError('no setting')\n    @extensions.setter\n    def extensions(self, value): pass\n"
        "app = Broken('')\n"
    )

    facts = describe_application(PYTHON, "main:app", tmp_path)

    assert (facts.framework, facts.migrations) == ("flask", "")


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        describe_application(tmp_path / "python", "main:app", tmp_path)

    assert str(refused.value) == f"application: expected a Python interpreter, got '{tmp_path}/python'."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError('no setting')", "main:app cannot be imported: ValueError: no setting.\n"),
        ("import sys\nsys.exit('no setting.')", "main:app cannot be imported: SystemExit: no setting.\n"),
        ("import missing", "main:app cannot be imported: ModuleNotFoundError: No module named 'missing'.\n"),
        ("import os\nos._exit(7)", "the interpreter ended with exit code 7 while it imported main:app."),
    ],
)
def test_an_import_that_fails_is_told_with_what_was_printed(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "main.py").write_text(text)

    with pytest.raises(StartError) as failed:
        describe_application(PYTHON, "main:app", tmp_path)

    assert str(failed.value).startswith(message)
    assert message.endswith("main:app.") or f'File "{tmp_path}/main.py"' in str(failed.value)


def test_an_import_that_hangs_is_given_up_and_all_that_it_started_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import os, subprocess, time\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        "print('waiting', flush=True)\n"
        "open('children', 'w').write(f'{child.pid} {os.getpid()}')\n"
        "time.sleep(1000)\n"
    )

    with pytest.raises(StartError) as failed:
        describe_application(PYTHON, "main:app", tmp_path, timeout_s=1.5)

    assert str(failed.value) == (
        "the import of main:app was not done after 1.5 s. If it starts a server, that belongs below "
        "`if __name__ == '__main__':`; if it waits for something, such as a database, that must be there.\nwaiting"
    )
    for process_id in (tmp_path / "children").read_text().split():
        wait_for(lambda process_id=process_id: not Path("/proc", process_id).exists(), "its end")  # type: ignore[misc]


def test_threads_that_an_import_leaves_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
        "def app(environ, start_response): pass\n"
    )

    assert describe_application(PYTHON, "main:app", tmp_path, timeout_s=TIMEOUT_S).interface == "wsgi"


def test_the_environment_is_that_of_commands_and_what_is_added(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import os\nassert os.environ['ADDED'] == 'yes'\nassert os.environ['HOME']\n"
        "def app(environ, start_response): pass\n"
    )

    facts = describe_application(
        PYTHON, "main:app", tmp_path, environment={"ADDED": "yes", "HOME": os.environ.get("HOME", "/")}
    )

    assert {"ADDED", "HOME"} <= set(facts.variables)


def test_modules_of_the_application_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "application_routes.py").write_text("def app(environ, start_response): pass\n")
    (tmp_path / "routes.py").write_text("from application_routes import app\n")

    assert describe_application(PYTHON, "routes:app", tmp_path).target == "routes:app"


def _without_variables(facts: ApplicationFacts) -> tuple[list[str], ApplicationFacts]:
    return facts.variables, replace(facts, variables=[])
