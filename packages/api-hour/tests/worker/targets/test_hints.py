"""What is no target: what it looks like, and what to write instead."""

import asyncio
import inspect
from typing import Any

import pytest
from made_targets import WORKER, App, Asgi2, AsgiObject, hint, make_asgi_later
from starlette.applications import Starlette


class OtherProtocol:
    """What other servers call."""

    def __call__(self, request: Any) -> Any:
        return request


def needs_settings(settings: Any, *, database: Any) -> Any:
    """A factory that lacks arguments."""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (7, ""),
        ("app", ""),
        ({}, ""),
        (None, "Nothing is served by None: is the name given its value when the module is imported?"),
        (inspect, "It is a module: name what is in it, such as inspect:app."),
        (
            AsgiObject,
            "It is a class: what is served is an object of it, as AsgiObject(...) makes it in TARGET or the module.",
        ),
        (
            Starlette,
            "It is a class: what is served is an object of it, as Starlette(...) makes it in TARGET or the module.",
        ),
        (int, "It is a class: what is served is an object of it, as int(...) makes it in TARGET or the module."),
        (OtherProtocol(), "It is called with 'request', which is neither ASGI, nor WSGI, nor a factory."),
        (
            Asgi2("scope"),
            "It looks like what an ASGI 2 application returns for a scope: name the application.",
        ),
        (
            needs_settings,
            (
                "It cannot be called without 'settings' and 'database': give that in TARGET, as in "
                "needs_settings(...), or a default. (The argument of an ASGI 2 application is called scope.)"
            ),
        ),
        (str.upper, "It is called with 'self', which is neither ASGI, nor WSGI, nor a factory."),
        (iter, "It is written in C and does not tell how it is called."),
    ],
)
def test_anything_else_is_refused_with_what_it_looks_like_and_what_to_write_instead(found: Any, said: str) -> None:
    assert hint(found) == said


def test_a_coroutine_is_refused() -> None:
    coroutine = make_asgi_later()

    assert hint(coroutine) == (
        "It is a coroutine: let TARGET name the coroutine function, which the worker calls and awaits."
    )
    coroutine.close()


def test_a_container_that_is_made_already_is_refused() -> None:
    container = App(None, WORKER, asyncio.new_event_loop())
    container.loop.close()

    assert hint(container) == (
        "It is a Container that is made already: name its class, App, or a factory that needs config, worker and loop."
    )
