"""The forms of a WSGI application, and what is none though it is called with two arguments."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from made_targets import asgi_function, made_of, refusal

from api_hour.containers.asgi import AsgiContainer
from api_hour.containers.wsgi import WsgiContainer


def function(environ: Any, start_response: Any) -> Any:
    """The usual form."""
    start_response("200 OK", [])
    return [b"hello"]


def function_with_an_option(environ: Any, start_response: Any, options: Any = None) -> Any:
    """What may be called with three arguments, and is no ASGI application for that."""
    return function(environ, start_response)


@functools.wraps(function)
def decorated(*arguments: Any, **keywords: Any) -> Any:
    """What a decorator leaves that says what it wraps."""
    return function(*arguments, **keywords)


def undecorated(*arguments: Any, **keywords: Any) -> Any:
    """What one leaves that does not say it."""
    return function(*arguments, **keywords)


class Framework:
    """What Flask's and Django's applications are."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return function(environ, start_response)

    def method(self, environ: Any, start_response: Any) -> Any:
        """A method is one, too."""
        return function(environ, start_response)


class Answer:
    """A class whose objects are the answers, as one of the examples of PEP 3333."""

    def __init__(self, environ: Any, start_response: Any) -> None:
        self.environ = environ
        start_response("200 OK", [])

    def __iter__(self) -> Iterator[bytes]:
        yield b"hello"


@pytest.mark.parametrize(
    "found",
    [
        function, function_with_an_option, decorated, undecorated, Framework(), Framework().method, Answer,
        functools.partial(function_with_an_option, options=1),
    ],
)  # fmt: skip
def test_each_form_is_served(found: Any) -> None:
    assert type(made_of(found)) is WsgiContainer


def make_app() -> Any:
    """A factory of one."""
    return Framework()


async def make_app_later() -> Any:
    """The same as a coroutine function."""
    return Framework()


@pytest.mark.parametrize("factory", [make_app, make_app_later])
def test_a_factory_may_make_one(factory: Any) -> None:
    assert type(made_of(factory)) is WsgiContainer


def test_an_application_of_asgi_is_none() -> None:
    assert type(made_of(asgi_function)) is AsgiContainer


class Pair:
    """A class that is made with two arguments, and whose objects are no answers."""

    def __init__(self, first: Any, second: Any) -> None:
        """Take two arguments."""


def test_a_class_whose_objects_are_no_answers_is_refused() -> None:
    assert "It is a class: what is served is an object of it" in refusal(Pair)


class FrameworkOfOneArgument(Framework):
    """What Flask's own class is: not what ASGI 2 calls with the scope, though it is made with one argument."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_a_class_of_applications_is_refused() -> None:
    assert "It is a class: what is served is an object of it" in refusal(FrameworkOfOneArgument)


async def asynchronous(receive: Any, send: Any) -> None:
    """What an ASGI 2 application returns."""


def test_a_coroutine_function_of_two_arguments_is_refused() -> None:
    assert "It looks like what an ASGI 2 application returns" in refusal(asynchronous)
