"""From MODULE:NAME to a Container class, and from a file to its configuration."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import api_hour
from api_hour.errors import ConfigError
from api_hour.worker.targets.forms import make_container
from api_hour.worker.targets.importing import import_container, read_main_yaml
from api_hour.worker.worker import Worker

CONTAINER = "import api_hour\nclass Container(api_hour.Container): pass\n"


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    """What a test imports is forgotten, so that every test may name its module alike."""
    path, modules = sys.path[:], set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def refusal(target: str, directory: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        import_container(target, str(directory))
    return str(caught.value)


@pytest.mark.parametrize(("file", "module"), [("made_app.py", "made_app"), ("made_app/sub.py", "made_app.sub")])
def test_a_container_is_imported_from_the_directory(file: str, module: str, tmp_path: Path) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(CONTAINER)

    found = import_container(f"{module}:Container", str(tmp_path))

    assert isinstance(found, type)
    assert issubclass(found, api_hour.Container)
    assert (found.__module__, found.__name__) == (module, "Container")


def test_the_directory_comes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text(CONTAINER)
    other = tmp_path / "other"
    other.mkdir()
    (other / "made_app.py").touch()
    sys.path.insert(0, str(other))

    assert import_container("made_app:Container", str(tmp_path)).__module__ == "made_app"


@pytest.mark.parametrize(
    ("target", "missing"),
    [("made_app:C", "made_app"), ("made_app.sub:C", "made_app"), ("package.sub:C", "package.sub")],
)
def test_a_module_that_is_not_there_is_named(target: str, missing: str, tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()

    assert refusal(target, tmp_path) == f"TARGET {target!r}: no module {missing!r} in {tmp_path} or the environment."


def test_a_class_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text(CONTAINER)

    assert refusal("made_app:Other", tmp_path) == "TARGET 'made_app:Other': module 'made_app' has no 'Other'."


def test_what_cannot_be_served_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text("Container = 7\n")

    assert refusal("made_app:Container", tmp_path) == (
        "TARGET 'made_app:Container': expected one of: a subclass of api_hour.Container; an aiohttp.web.Application; "
        "a factory of any of these, called with config, worker and loop; "
        "an ASGI application, called with scope, receive and send; an ASGI 2 application, called with scope; "
        "a WSGI application, called with environ and start_response; "
        "a factory of any of these, called without arguments. Got 7."
    )


@pytest.mark.parametrize(
    ("code", "target"),
    [
        (f"{CONTAINER}app = Container", "made_app"),
        (f"{CONTAINER}application = Container", "made_app"),
        (f"{CONTAINER}application = 7; app = Container", "made_app"),
        (CONTAINER, "made_app"),
        (f"{CONTAINER}class Service: container = Container", "made_app:Service.container"),
        (f"{CONTAINER}def make(name, *, debug): return name and Container", "made_app:make('a', debug=True)"),
        (f"{CONTAINER}class Service:\n  def make(self): return Container\nit = Service()", "made_app:it.make()"),
    ],
)
def test_a_target_is(code: str, target: str, tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text(code)

    found = import_container(target, str(tmp_path))

    assert isinstance(found, type)
    assert issubclass(found, api_hour.Container)


ASYNC_FACTORY = f"""{CONTAINER}
async def make(name):
    assert name == "a"
    return Container
"""


def test_what_a_coroutine_function_returns_is_awaited_by_the_worker(tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text(ASYNC_FACTORY)
    loop = asyncio.new_event_loop()

    found = import_container("made_app:make('a')", str(tmp_path))
    container = make_container(found, config=None, worker=Worker(worker_id=1, pid=1), loop=loop)
    loop.close()

    assert type(container).__name__ == "Container"


REFUSED = {
    "made_app": "module 'made_app' has none of 'app', 'application', 'Container'; name what is to be served, "
    "as in made_app:NAME.",
    "made_app:service.other": "'service' has no 'other'.",
    "made_app:service.deep.other": "'service' has no 'deep'.",
    "made_app:number()": "expected before the parentheses what can be called, got 7.",
    "made_app:make()": "it is called with (name, *, debug=False); missing a required argument: 'name'.",
    "made_app:make('a', other=1)": "it is called with (name, *, debug=False); "
    "got an unexpected keyword argument 'other'.",
}


@pytest.mark.parametrize("target", REFUSED)
def test_what_a_target_says_must_be_there(target: str, tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text("number = service = 7\ndef make(name, *, debug=False): ...\n")

    assert refusal(target, tmp_path) == f"TARGET {target!r}: {REFUSED[target]}"


def test_what_a_call_returns_must_be_servable(tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text("def make(name): return name\n")

    assert refusal("made_app:make(None)", tmp_path).startswith(
        "TARGET 'made_app:make(None)', what the factory returned: expected one of: "
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [("import not_installed", ModuleNotFoundError), ("1 / 0", ZeroDivisionError), ("x =", SyntaxError)],
)
def test_what_the_module_raises_is_the_users_to_read(code: str, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "made_app.py").write_text(code)

    with pytest.raises(error):
        import_container("made_app:Container", str(tmp_path))


def test_there_may_be_no_configuration() -> None:
    assert read_main_yaml(None) is None


@pytest.mark.parametrize(
    ("text", "config"), [("", None), ("engines:\n  pg: {host: é}\n", {"engines": {"pg": {"host": "é"}}})]
)
def test_the_configuration_is_read(text: str, config: object, tmp_path: Path) -> None:
    path = tmp_path / "main.yaml"
    path.write_text(text, encoding="utf-8")

    assert read_main_yaml(str(path)) == config


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"a: [", "while parsing a flow node"),
        (b"a: !!python/object:os.system x", "could not determine a constructor for the tag"),
        (b"\xff\xfe\xff", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_configuration_that_is_no_yaml_is_refused(data: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "main.yaml"
    path.write_bytes(data)

    with pytest.raises(ConfigError) as caught:
        read_main_yaml(str(path))

    assert str(caught.value).startswith(f"{path}: expected YAML in UTF-8; {reason}")
