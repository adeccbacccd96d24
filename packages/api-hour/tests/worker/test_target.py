"""From MODULE:NAME to a Container class, and from a file to its configuration."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import api_hour
from api_hour.errors import ConfigError
from api_hour.worker.target import import_container, read_main_yaml

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
        "an ASGI application, called with scope, receive and send; "
        "a factory of a Container, called with config, worker and loop; "
        "a factory of any of these, called without arguments. Got 7."
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
