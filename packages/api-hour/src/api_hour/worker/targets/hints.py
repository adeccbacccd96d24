"""Hints about a refused target: what it looks like, and what to write instead, for the end of the message."""

import inspect
import types
from typing import Any

from api_hour.container import Container
from api_hour.worker.call_shape import CallShape, shapes_of


def hint_for(found: Any) -> str:
    """Return what is known of an object that cannot be served; empty for nothing."""
    return _of_object(found) or (_of_class(found) if isinstance(found, type) else _of_callable(found))


def _of_object(found: Any) -> str:
    """Know an object by its type."""
    if found is None:
        return "Nothing is served by None: is the name given its value when the module is imported?"
    if isinstance(found, types.ModuleType):
        return f"It is a module: name what is in it, such as {found.__name__}:app."
    if inspect.iscoroutine(found):
        return "It is a coroutine: let TARGET name the coroutine function, which the worker calls and awaits."
    if isinstance(found, Container):
        return (
            f"It is a Container that is made already: name its class, {type(found).__name__}, "
            "or a factory that needs config, worker and loop."
        )
    return ""


def _of_class(found: type) -> str:
    made = f"{found.__name__}(...)"
    return f"It is a class: what is served is an object of it, as {made} makes it in TARGET or the module."


def _of_callable(found: Any) -> str:
    shapes = shapes_of(found)
    if not shapes:
        return "It is written in C and does not tell how it is called." if callable(found) else ""
    shape = shapes[0]
    if shape.is_async and len(shape.required) == 2:
        return "It looks like what an ASGI 2 application returns for a scope: name the application."
    return _of_factory(found, shape)


def _of_factory(found: Any, shape: CallShape) -> str:
    if not shape.required:
        return ""
    missing = " and ".join(map(repr, shape.required))
    if not shape.is_function:
        return f"It is called with {missing}, which is neither ASGI, nor WSGI, nor a factory."
    name = getattr(found, "__name__", "NAME")
    return (
        f"It cannot be called without {missing}: give that in TARGET, as in {name}(...), or a default. "
        "(The argument of an ASGI 2 application is called scope.)"
    )
