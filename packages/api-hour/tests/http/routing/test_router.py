"""From method and path to a handler."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpError, Request, Response, Router
from api_hour.http.message.handler import Handler


def request(method: str, target: str) -> Request:
    return Request(method, target.encode(), [], container=None)


def handler_named(name: str) -> Callable[[Request], Awaitable[Any]]:
    async def handler(_request: Request) -> str:
        return name

    return handler


def found(router: Router, method: str, target: str) -> tuple[object, dict[str, Any]]:
    """Return what the handler of a request answers, and the request's path parameters."""
    asked = request(method, target)
    answer = asyncio.run(_answer(router, asked))
    return answer, asked.path_parameters


async def _answer(router: Router, asked: Request) -> object:
    return await router.find(asked).handler(asked)


def refused(router: Router, method: str, target: str) -> tuple[int, str, list[tuple[str, str]]]:
    with pytest.raises(HttpError) as caught:
        router.find(request(method, target))
    return caught.value.status, str(caught.value), list(caught.value.headers)


@pytest.fixture
def router() -> Router:
    """Routes of every kind; each handler answers its own name."""
    router = Router()
    router.add("GET", "/", handler_named("root"))
    router.add("GET", "/agents", handler_named("list"))
    router.add("POST", "/agents", handler_named("create"))
    router.add("GET", "/agents/{number}", handler_named("read"))
    router.add("DELETE", "/agents/{number}", handler_named("delete"))
    router.add("GET", "/agents/{number}/calls/{call}", handler_named("call"))
    router.add("PUT", "/files/v1.0/{name}.txt", handler_named("file"))
    return router


@pytest.mark.parametrize(
    ("method", "target", "name", "parameters"),
    [
        ("GET", "/", "root", {}),
        ("GET", "/?a=/agents", "root", {}),
        ("GET", "/agents", "list", {}),
        ("GET", "/agents?page=2", "list", {}),
        ("HEAD", "/agents", "list", {}),
        ("POST", "/agents", "create", {}),
        ("GET", "/agents/7", "read", {"number": "7"}),
        ("HEAD", "/agents/7?x=1", "read", {"number": "7"}),
        ("DELETE", "/agents/7", "delete", {"number": "7"}),
        ("GET", "/agents/a%2Fb%20%C3%A9", "read", {"number": "a/b é"}),
        ("GET", "/agents/7/calls/8", "call", {"number": "7", "call": "8"}),
        ("PUT", "/files/v1.0/notes.txt", "file", {"name": "notes"}),
    ],
)
def test_a_request_finds_its_handler(
    router: Router, method: str, target: str, name: str, parameters: dict[str, str]
) -> None:
    assert found(router, method, target) == (name, parameters)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/nowhere", "/nowhere"),
        ("/agents/", "/agents/"),
        ("/agents/7/", "/agents/7/"),
        ("/agents//calls/8", "/agents//calls/8"),
        ("/Agents", "/Agents"),
        ("/files/v1x0/notes.txt", "/files/v1x0/notes.txt"),
        ("/%C3%A9?x=1", "/é"),
    ],
)
def test_an_unknown_path_is_404(router: Router, target: str, path: str) -> None:
    assert refused(router, "GET", target) == (404, f"nothing is at {path}", [])


@pytest.mark.parametrize(
    ("method", "target", "allow"),
    [
        ("PUT", "/agents", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/agents/7", "DELETE, GET, HEAD, OPTIONS"),
        ("GET", "/files/v1.0/notes.txt", "OPTIONS, PUT"),
        ("HEAD", "/files/v1.0/notes.txt", "OPTIONS, PUT"),
    ],
)
def test_another_method_is_405_and_says_which_are_possible(
    router: Router, method: str, target: str, allow: str
) -> None:
    assert refused(router, method, target) == (
        405,
        f"{method} is not possible here; possible: {allow}",
        [("Allow", allow)],
    )


@pytest.mark.parametrize(
    ("target", "allow"),
    [("/agents", "GET, HEAD, OPTIONS, POST"), ("/agents/7", "DELETE, GET, HEAD, OPTIONS")],
)
def test_options_are_answered_for_every_path(router: Router, target: str, allow: str) -> None:
    answer, _ = found(router, "OPTIONS", target)

    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.content_type) == (204, b"", None)
    assert answer.headers == [("Allow", allow)]


def test_own_handlers_of_head_and_options_come_first(router: Router) -> None:
    router.add("HEAD", "/agents", handler_named("head"))
    router.add("OPTIONS", "/agents", handler_named("options"))

    assert found(router, "HEAD", "/agents") == ("head", {})
    assert found(router, "OPTIONS", "/agents") == ("options", {})


def test_patterns_are_tried_in_the_order_they_were_added() -> None:
    router = Router()
    router.add("GET", "/{first}/x", handler_named("first"))
    router.add("GET", "/x/{second}", handler_named("second"))

    assert found(router, "GET", "/x/x") == ("first", {"first": "x"})
    assert found(router, "GET", "/x/y") == ("second", {"second": "y"})


def test_a_fixed_path_wins_over_a_pattern(router: Router) -> None:
    router.add("GET", "/agents/me", handler_named("me"))

    assert found(router, "GET", "/agents/me") == ("me", {})


def test_handlers_are_registered_by_decoration() -> None:
    router = Router()

    @router.get("/a")
    async def read(_request: Request) -> str:
        return "read"

    @router.post("/a")
    async def create(_request: Request) -> str:
        return "create"

    @router.route("PATCH", "/a")
    async def change(_request: Request) -> str:
        return "change"

    assert router.find(request("GET", "/a")).handler is read
    assert router.find(request("POST", "/a")).handler is create
    assert router.find(request("PATCH", "/a")).handler is change


async def asynchronous(_request: Request) -> str:
    return "later"


def plain(_request: Request) -> str:
    return "now"


HANDLERS: dict[str, Handler] = {"/coroutine": asynchronous, "/partial": partial(asynchronous), "/plain": plain}


def kinds_with(**layers: Any) -> dict[str, bool]:
    """Return which of HANDLERS a router with these layers takes for coroutine functions."""
    router = Router(**layers)
    for path, handler in HANDLERS.items():
        router.add("GET", path, handler)
    return {path: router.find(request("GET", path)).is_coroutine_function for path in HANDLERS}


def test_a_route_knows_whether_its_handler_is_a_coroutine_function() -> None:
    assert kinds_with() == {"/coroutine": True, "/partial": True, "/plain": False}
    assert kinds_with(error_handlers={ValueError: asynchronous}) == dict.fromkeys(HANDLERS, True)


@pytest.mark.parametrize("path", ["", "agents", "{number}"])
def test_a_path_must_start_with_a_slash(path: str) -> None:
    with pytest.raises(ValueError) as caught:
        Router().add("GET", path, handler_named("x"))

    assert str(caught.value) == f"route: expected a path that starts with '/', got {path!r}"


@pytest.mark.parametrize("path", ["/agents", "/agents/{number}"])
def test_a_route_cannot_be_added_twice(router: Router, path: str) -> None:
    with pytest.raises(ValueError) as caught:
        router.add("GET", path, handler_named("again"))

    assert str(caught.value) == f"route: GET {path} is there already"


SEGMENT = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)


@given(literal=SEGMENT, value=SEGMENT)
def test_a_parameter_takes_exactly_one_segment(literal: str, value: str) -> None:
    router = Router()
    router.add("GET", f"/{literal}/{{name}}", handler_named("it"))

    assert found(router, "GET", f"/{literal}/{value}") == ("it", {"name": value})
    assert refused(router, "GET", f"/{literal}/{value}/{value}")[0] == 404
    assert refused(router, "GET", f"/{value}{literal}/{value}")[0] == 404


def test_a_typed_part_is_given_as_its_type_and_404_when_it_does_not_fit() -> None:
    router = Router()
    router.add("GET", "/agents/{number:int}", handler_named("number"))

    assert found(router, "GET", "/agents/7") == ("number", {"number": 7})
    assert refused(router, "GET", "/agents/x") == (404, "nothing is at /agents/x", [])


def test_the_first_route_that_fits_path_and_method_counts() -> None:
    router = Router()
    router.add("GET", "/agents/me", handler_named("me"))
    router.add("GET", "/agents/{number:int}", handler_named("number"))
    router.add("GET", "/agents/{name}", handler_named("name"))
    router.add("DELETE", "/agents/{name}", handler_named("delete"))

    assert found(router, "GET", "/agents/7") == ("number", {"number": 7})
    assert found(router, "GET", "/agents/x") == ("name", {"name": "x"})
    assert found(router, "DELETE", "/agents/7") == ("delete", {"name": "7"})
    assert found(router, "DELETE", "/agents/me") == ("delete", {"name": "me"})
    assert refused(router, "PUT", "/agents/me")[2] == [("Allow", "DELETE, GET, HEAD, OPTIONS")]


def test_the_same_path_with_other_names_is_there_already() -> None:
    router = Router()
    router.add("GET", "/agents/{number}", handler_named("a"))
    router.add("POST", "/agents/{name}", handler_named("b"))

    with pytest.raises(ValueError) as caught:
        router.add("GET", "/agents/{key:str}", handler_named("c"))

    assert str(caught.value) == "route: GET /agents/{key:str} is there already, as /agents/{number}"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_common_method_has_a_decorator(method: str) -> None:
    router = Router()
    handler = handler_named(method)

    assert getattr(router, method)("/a")(handler) is handler
    assert router.find(request(method.upper(), "/a")).handler is handler
