"""The program that imports an application in the application's own interpreter, and writes as JSON what it is.

    python application_program.py MODULE:OBJECT FILE

Run by its path, in the application's directory. It imports nothing but the standard library and the application, gives
no module a name that the application's could have, and runs on any CPython from 3.9 on.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ENVIRON_LOOKUPS = 10_000  # of which names are noted
WRAPPERS = 8  # of middleware, at most, around an application
DEFAULT_NAMES = ("application", "app")
# What middleware calls the application inside.
INNER_NAMES = ("app", "application", "_app", "wsgi_app", "asgi_app", "other_asgi_app", "wrapped_app", "asgi_handler")
# The package of a class, of the more particular first: Quart's is made of Flask's, FastAPI's of Starlette's.
FRAMEWORKS = (
    "quart", "flask", "fastapi", "starlette", "litestar", "django", "channels", "falcon", "bottle", "pyramid", "sanic",
    "blacksheep", "datasette", "responder", "api_hour", "aiohttp", "tornado",
)  # fmt: skip


class NotAnApplication(Exception):
    """What was named is none. The message says what it is."""


def main() -> None:
    """Import, look, write, and end: whatever threads the application has started."""
    target, path = sys.argv[1:]
    sys.path[0] = str(Path.cwd())  # it was this program's directory
    names = note_lookups()
    try:
        told = {"facts": facts_of(target) | {"variables": list(names)}}
    except NotAnApplication as error:
        told = {"problem": {"kind": "target", "text": str(error)}}
    except BaseException as error:  # noqa: BLE001  # SystemExit too: a module may end its interpreter
        traceback.print_exc()
        reason = "".join(traceback.format_exception_only(type(error), error)).strip()
        told = {"problem": {"kind": "import", "text": f"{target} cannot be imported: {reason.rstrip('.')}"}}
    sys.stdout.flush()
    sys.stderr.flush()
    beside = Path(f"{path}.part")
    beside.write_text(json.dumps(told), encoding="utf-8")
    beside.rename(path)
    os._exit(0)


def facts_of(target: str) -> dict[str, Any]:
    """Return what an application is; see `ApplicationFacts`."""
    found, target = find(target)
    factory = is_factory(found) and not target.endswith("()")
    application = found() if factory else found
    interface = interface_of(application)
    if interface is None:
        what = name_of(application if isinstance(application, type) else type(application))
        article = "the class" if isinstance(application, type) else "an object of the class"
        message = f"{target}: expected a WSGI or ASGI application, or a function that makes one; got {article} {what}"
        raise NotAnApplication(message)
    looking = routes_module()
    inner = next((one for one in inside(application) if framework_of(one)), application)
    framework = framework_of(inner)
    return {
        "target": target,
        "interface": interface,
        "framework": framework,
        "class_name": name_of(type(inner)),
        "is_factory": factory,
        "routes": looking.routes_of(framework, inner),
        "migrations": looking.migrations_of(framework, inner),
    }


def find(target: str) -> tuple[Any, str]:
    """Return the object that a target names, or what its call returns; and the target, with the object's name."""
    module_name, _, name = target.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise NotAnApplication(f"{target}: there is no module {error.name!r} in {Path.cwd()}") from error
        raise
    if not name:
        name = next((known for known in DEFAULT_NAMES if hasattr(module, known)), DEFAULT_NAMES[-1])
    called = name.endswith("()")
    found: Any = module
    for part in (name[:-2] if called else name).split("."):
        if not hasattr(found, part):
            raise NotAnApplication(f"{target}: the module {module_name!r} has no {name!r}")
        found = getattr(found, part)
    return (found() if called else found), f"{module_name}:{name}"


def is_factory(found: Any) -> bool:
    """Return whether a call without arguments makes something: no class, and nothing that must be given."""
    return inspect.isroutine(found) and arguments_of(found) == 0


def interface_of(application: Any) -> str | None:
    """Return how an application is called: with environ and start_response, or with scope, receive and send."""
    if isinstance(application, type) or not callable(application):
        return None
    return {2: "wsgi", 3: "asgi"}.get(arguments_of(application))


def arguments_of(called: Any) -> int:
    """Return how many arguments must be given by position; -1 if that cannot be known."""
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return -1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.kind in positional and one.default is inspect.Parameter.empty for one in parameters)


def inside(application: Any) -> Iterator[Any]:
    """Yield an application, and what is wrapped in it, from the outside in."""
    for _ in range(WRAPPERS):
        yield application
        mapping = getattr(application, "application_mapping", None)  # Channels' router, by protocol
        if isinstance(mapping, dict) and "http" in mapping:
            application = mapping["http"]
            continue
        names = [name for name in INNER_NAMES if callable(vars_of(application).get(name))]
        if not names:
            return
        application = vars_of(application)[names[0]]


def vars_of(application: Any) -> dict[str, Any]:
    """Return an object's own attributes; none for what keeps none."""
    return getattr(application, "__dict__", {})


def framework_of(application: Any) -> str:
    """Return the framework that an application's class comes from; empty for none that is known, and for middleware."""
    modules = [base.__module__ for base in type(application).__mro__]
    packages = {module.partition(".")[0] for module in modules if ".middleware" not in module}
    return next((framework for framework in FRAMEWORKS if framework in packages), "")


def name_of(class_: type) -> str:
    """Return a class's name with its module."""
    return f"{class_.__module__}.{class_.__qualname__}"


def routes_module() -> Any:
    """Import what is beside this file, under a name that no application has."""
    path = Path(__file__).with_name("routes.py")
    spec = importlib.util.spec_from_file_location("_rush_hour_application_routes", path)
    assert spec is not None, "it is a Python file"
    assert spec.loader is not None, "it is a Python file"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def note_lookups() -> dict[str, None]:
    """Return the names of environment variables that are looked up from now on; filled as that happens."""
    noted: dict[str, None] = {}
    kind = type(os.environ)
    look_up = kind.__getitem__

    def noting(environ: Any, name: Any) -> Any:
        if isinstance(name, str) and len(noted) < ENVIRON_LOOKUPS:
            noted[name] = None
        return look_up(environ, name)

    kind.__getitem__ = noting  # type: ignore[method-assign]
    return noted


if __name__ == "__main__":
    main()
