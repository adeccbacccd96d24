"""What an application's framework knows of its routes and of its database's schema.

Loaded by `application_program.py` in the application's own interpreter: nothing but the standard library is imported
before the application is. What cannot be told, because the framework has another version than expected or the
application's own code fails, is left out: that is no reason not to serve it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

ROUTES = 200  # at most
WRAPPERS = 20  # of decorators, at most, around a view
# In the names of functions that wrap a view, and in their files.
LOGIN_WORDS = ("login", "auth", "permission", "token_required")


def routes_of(framework: str, application: Any) -> list[dict[str, Any]]:
    """Return the routes that answer to GET and have no parameters."""
    find = _FINDERS.get(framework)
    if find is None:
        return []
    routes: dict[str, dict[str, Any]] = {}
    try:
        for path, needs_login in find(application):
            if path.startswith("/") and path.isascii() and path.isprintable() and " " not in path:
                routes.setdefault(path, {"path": path, "needs_login": needs_login})
            if len(routes) == ROUTES:
                break
    except Exception as error:  # noqa: BLE001  # the application's own code may raise any: it is imported all the same
        sys.stderr.write(f"routes of {framework}: {error!r}\n")
    return list(routes.values())


def migrations_of(framework: str, application: Any) -> str:
    """Return what changes the schema of the application's database; empty where that cannot be told."""
    try:
        return _migrations_of(framework, application)
    except Exception as error:  # noqa: BLE001  # as above
        sys.stderr.write(f"migrations of {framework}: {error!r}\n")
        return ""


def _migrations_of(framework: str, application: Any) -> str:
    if framework in {"django", "channels"}:
        settings = import_module("django.conf").settings
        return "django" if settings.DATABASES.get("default", {}).get("ENGINE") else ""
    if framework in {"flask", "quart"} and "migrate" in getattr(application, "extensions", {}):
        return "flask-migrate"
    return ""


def _of_flask(application: Any) -> Iterator[tuple[str, bool]]:
    for rule in application.url_map.iter_rules():
        own = rule.endpoint == "static" or rule.endpoint.endswith(".static")
        elsewhere = rule.subdomain or rule.host or rule.build_only or getattr(rule, "websocket", False)
        if "GET" in (rule.methods or ()) and not rule.arguments and not own and not elsewhere:
            yield rule.rule, needs_login(application.view_functions.get(rule.endpoint))


def _of_fastapi(application: Any) -> Iterator[tuple[str, bool]]:
    """Say what OpenAPI says, which knows of required parameters and of who must log in."""
    for path, operations in application.openapi()["paths"].items():
        operation = operations.get("get")
        if operation is None or "{" in path:
            continue
        if not any(parameter.get("required") for parameter in operation.get("parameters", ())):
            yield path, bool(operation.get("security"))


def _of_starlette(application: Any, prefix: str = "") -> Iterator[tuple[str, bool]]:
    for route in application.routes:
        path = prefix + getattr(route, "path", "")
        if "{" in path:
            continue
        if getattr(route, "methods", None):
            if "GET" in route.methods:
                yield path, needs_login(route.endpoint)
        elif getattr(route, "routes", None):
            yield from _of_starlette(route, path)


def _of_litestar(application: Any) -> Iterator[tuple[str, bool]]:
    for route in application.routes:
        own = f"{route.path}/".startswith("/schema/")  # Litestar's, with the pages that show it
        if "GET" in (getattr(route, "methods", None) or ()) and "{" not in route.path and not own:
            yield route.path, any(handler.guards for handler in route.route_handlers)


def _of_falcon(application: Any) -> Iterator[tuple[str, bool]]:
    for route in import_module("falcon.inspect").inspect_routes(application):
        if "{" not in route.path and any(method.method == "GET" for method in route.methods):
            yield route.path, False


def _of_bottle(application: Any) -> Iterator[tuple[str, bool]]:
    for route in application.routes:
        if route.method == "GET" and not {"<", ":"} & set(route.rule):
            yield route.rule, needs_login(route.callback)


def _of_django(_application: Any) -> Iterator[tuple[str, bool]]:
    found = list(_of_django_patterns(import_module("django.urls").get_resolver().url_patterns, "/"))
    if not found and import_module("django.conf").settings.DEBUG:
        yield "/", False  # the page that says that the installation worked
    yield from found


def _of_django_patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, bool]]:
    for entry in patterns:
        path = _django_path(entry.pattern)
        if path is None or getattr(entry, "app_name", None) == "admin":
            continue
        if hasattr(entry, "url_patterns"):
            yield from _of_django_patterns(entry.url_patterns, prefix + path)
        elif "GET" in django_methods(entry.callback):
            yield prefix + path, needs_login(entry.callback)


def _django_path(pattern: Any) -> str | None:
    """Return the path of a pattern; None if it has parameters, or is more than a text."""
    text = str(pattern)
    if hasattr(pattern, "_route"):
        return None if "<" in text else text
    text = text.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    return None if set(text) & set(r"^$()[]{}?*+|\.") else text


def django_methods(view: Any) -> set[str]:
    """Return the methods that a view takes, as far as that can be seen."""
    for function in _wrapped(view):
        allowed = _closed_over(function).get("request_method_list")  # `require_POST` and the like
        if allowed is not None:
            return set(allowed)
    class_ = getattr(view, "view_class", None)
    if class_ is None:
        return {"GET"}
    return {method.upper() for method in class_.http_method_names if hasattr(class_, method)}


def needs_login(view: Any) -> bool:
    """Return whether a view's decorators or base classes have to do with logging in, by their names."""
    class_ = getattr(view, "view_class", None)
    names = [base.__name__ for base in getattr(class_, "__mro__", ()) if base.__name__.endswith("Mixin")]
    for function in list(_wrapped(view))[:-1]:  # all but the view itself
        code = getattr(function, "__code__", None)
        names += [getattr(code, "co_qualname", ""), getattr(code, "co_filename", "").rpartition("site-packages")[2]]
    return any(word in name.lower() for name in names for word in LOGIN_WORDS)


def _wrapped(view: Any) -> Iterator[Any]:
    for _ in range(WRAPPERS):
        yield view
        view = getattr(view, "__wrapped__", None)
        if view is None:
            return


def _closed_over(function: Any) -> dict[str, Any]:
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or not cells:
        return {}
    return {name: cell.cell_contents for name, cell in zip(code.co_freevars, cells, strict=False)}


_FINDERS: dict[str, Callable[[Any], Iterator[tuple[str, bool]]]] = {
    "bottle": _of_bottle,
    "channels": _of_django,
    "django": _of_django,
    "falcon": _of_falcon,
    "fastapi": _of_fastapi,
    "flask": _of_flask,
    "litestar": _of_litestar,
    "quart": _of_flask,
    "starlette": _of_starlette,
}
