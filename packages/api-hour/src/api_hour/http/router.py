"""From method and path to a handler.

Fixed paths are one dictionary look-up; paths with `{name}` parts are tried in the order they were added.
Pure: imports no asyncio.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from api_hour.http.errors import HttpError
from api_hour.http.request import Request
from api_hour.http.response import Response

Handler = Callable[[Request], Awaitable[Any]]

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)\}")


class Router:
    """The routes of one server."""

    def __init__(self) -> None:
        self._fixed: dict[bytes, dict[str, Handler]] = {}
        self._patterns: list[tuple[str, re.Pattern[str], dict[str, Handler]]] = []

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of GET (and HEAD) on `path`."""
        return self.route("GET", path)

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of POST on `path`."""
        return self.route("POST", path)

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of `method` on `path`."""

        def register(handler: Handler) -> Handler:
            self.add(method, path, handler)
            return handler

        return register

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Add a route.

        Args:
            method: the HTTP method, in capitals. GET answers HEAD too.
            path: starts with `/`; a `{name}` part matches one segment and is given in `Request.path_parameters`.
            handler: `async def handler(request)`, returning a Response or what becomes JSON.

        Raises:
            ValueError: the path does not start with `/`, or the route is there already.
        """
        if not path.startswith("/"):
            raise ValueError(f"route: expected a path that starts with '/', got {path!r}")
        methods = self._methods_of(path)
        if method in methods:
            raise ValueError(f"route: {method} {path} is there already")
        methods[method] = handler

    def find(self, request: Request) -> Handler:
        """Return the handler of a request and set its `path_parameters`.

        Raises:
            HttpError: 404 for an unknown path, 405 with Allow for another method (RFC 9110, 15.5.6).
        """
        methods = self._fixed.get(request.target) or self._fixed.get(request.raw_path)
        if methods is None:
            methods = self._match(request)
        handler = methods.get(request.method)
        if handler is None and request.method == "HEAD":
            handler = methods.get("GET")
        if handler is None:
            allow = _allowed(methods)
            if request.method == "OPTIONS":
                return _answer_options(allow)
            raise HttpError(
                405, f"{request.method} is not possible here; possible: {allow}", headers=[("Allow", allow)]
            )
        return handler

    def _methods_of(self, path: str) -> dict[str, Handler]:
        if not _PARAMETER.search(path):
            return self._fixed.setdefault(path.encode(), {})
        for known_path, _, methods in self._patterns:
            if known_path == path:
                return methods
        pieces = _PARAMETER.split(path)  # literal, name, literal, name, ... literal
        regex = "".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(pieces))
        self._patterns.append((path, re.compile(regex), methods := {}))
        return methods

    def _match(self, request: Request) -> dict[str, Handler]:
        raw_path = request.raw_path.decode("latin-1")
        for _, pattern, methods in self._patterns:
            if match := pattern.fullmatch(raw_path):
                request.path_parameters = {name: unquote(value) for name, value in match.groupdict().items()}
                return methods
        raise HttpError(404, f"nothing is at {request.path}")


def _allowed(methods: dict[str, Handler]) -> str:
    return ", ".join(sorted({*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}))


def _answer_options(allow: str) -> Handler:
    async def answer(_request: Request) -> Response:
        return Response(status=204, content_type=None, headers=[("Allow", allow)])

    return answer
