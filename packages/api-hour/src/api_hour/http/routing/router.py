"""Routes: method and path in, handler out.

Fixed paths are one dictionary look-up; paths with `{name}` parts are tried in the order they were added.
Pure: imports no asyncio.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction

from api_hour.http.message.errors import HttpError
from api_hour.http.message.handler import ErrorHandler, Handler, Middleware
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.routing.layers import Layers
from api_hour.http.routing.path_pattern import PathPattern, is_fixed


@dataclass(frozen=True, slots=True)
class Route:
    """The handler of one method and path.

    Attributes:
        handler: is called with a request.
        is_coroutine_function: whether such a call only makes a coroutine.
        streams_body: whether the handler reads the body itself, or needs none.
    """

    handler: Handler
    is_coroutine_function: bool
    streams_body: bool


Methods = dict[str, Route]

STANDARD_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


class Router:
    """The routes of one server.

    Args:
        middleware: `async def middleware(request, answer)`, the outermost first; each lies around all that is answered
            here, 404 and 405 included.
        error_handlers: `async def handler(request, error)` by the class of the error.
    """

    def __init__(
        self,
        *,
        middleware: Sequence[Middleware] = (),
        error_handlers: Mapping[type[Exception], ErrorHandler] | None = None,
    ) -> None:
        self._layers = Layers(middleware, error_handlers or {})
        self._fixed: dict[bytes, Methods] = {}
        self._patterns: list[tuple[str, PathPattern, Methods]] = []
        self._methods: set[str] = set()  # of all routes

    def knows(self, method: str) -> bool:
        """Tell whether a method is a standard one (RFC 9110, 9; RFC 5789), or a route has it."""
        return method in STANDARD_METHODS or method in self._methods

    def get(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of GET (and HEAD) on `path`."""
        return self.route("GET", path)

    def post(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of POST on `path`."""
        return self.route("POST", path)

    def put(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of PUT on `path`."""
        return self.route("PUT", path)

    def patch(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of PATCH on `path`."""
        return self.route("PATCH", path)

    def delete(self, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of DELETE on `path`."""
        return self.route("DELETE", path)

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Decorate the handler of `method` on `path`."""

        def register(handler: Handler) -> Handler:
            self.add(method, path, handler)
            return handler

        return register

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Add a route.

        Args:
            method: the HTTP method, in capitals; any token (RFC 9110, 9.1). GET answers HEAD too.
            path: starts with `/`; a part `{name}` or `{name:type}` is given in `Request.path_parameters`.
            handler: `async def handler(request)`, returning a Response or what becomes JSON.

        Raises:
            ValueError: the path does not start with `/`, has a malformed part, or the route is there already.
        """
        if not path.startswith("/"):
            raise ValueError(f"route: expected a path that starts with '/', got {path!r}")
        methods = self._fixed.setdefault(path.encode(), {}) if is_fixed(path) else self._methods_of(method, path)
        if method in methods:
            raise ValueError(f"route: {method} {path} is there already")
        methods[method] = self._route(handler, streams_body=getattr(handler, "streams_body", False))
        self._methods.add(method)

    def find(self, request: Request) -> Route:
        """Return what answers a request and set its `path_parameters`.

        Raises:
            HttpError: 404 for an unknown path, 405 with Allow for another method (RFC 9110, 15.5.6).
        """
        methods = self._fixed.get(request.target) or self._fixed.get(request.raw_path)
        if methods is not None:
            route = methods.get(request.method)
            if route is not None:
                return route
        return self._look_further(request, methods)

    def _route(self, handler: Handler, *, streams_body: bool) -> Route:
        """Return the route of a handler with everything around it."""
        wrapped = self._layers.wrap(handler) if self._layers else handler
        return Route(wrapped, iscoroutinefunction(wrapped), streams_body)

    def _methods_of(self, method: str, path: str) -> Methods:
        """Return the handlers of a path with parts, which nobody else may have with other names."""
        pattern = PathPattern(path)
        for known_path, known, methods in self._patterns:
            if known_path == path:
                return methods
            if known.shape == pattern.shape and method in methods:
                raise ValueError(f"route: {method} {path} is there already, as {known_path}")
        self._patterns.append((path, pattern, methods := {}))
        return methods

    def _look_further(self, request: Request, fixed: Methods | None) -> Route:
        """Find what is not a fixed path with this very method."""
        if request.target == b"*":  # the server as a whole (RFC 9110, 9.3.7)
            return self._route(_answering_options(_allow(self._methods)), streams_body=False)
        possible = set(fixed or ())
        if fixed is not None and request.method == "HEAD" and "GET" in fixed:
            return fixed["GET"]
        raw_path = request.raw_path.decode("latin-1")
        for _, pattern, methods in self._patterns:
            parameters = pattern.match(raw_path)
            if parameters is not None:
                route = methods.get(request.method)
                if route is None and request.method == "HEAD":
                    route = methods.get("GET")
                if route is not None:
                    request.path_parameters = parameters
                    return route
                possible.update(methods)
        return self._refuse(request, possible)

    def _refuse(self, request: Request, possible: set[str]) -> Route:
        """Return what answers a request that has no route; raise the error where nothing lies around handlers."""
        allow = _allow(possible)
        if possible and request.method == "OPTIONS":
            return self._route(_answering_options(allow), streams_body=False)
        if possible:
            message = f"{request.method} is not possible here; possible: {allow}"
            error = HttpError(405, message, headers=[("Allow", allow)])
        else:
            error = HttpError(404, f"nothing is at {request.path}")
        if not self._layers:
            raise error
        return self._route(_raising(error), streams_body=True)


def _allow(methods: set[str]) -> str:
    """Return the value of Allow where some methods have handlers."""
    return ", ".join(sorted({*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}))


def _answering_options(allow: str) -> Handler:
    async def answer(_request: Request) -> Response:
        return Response(status=204, content_type=None, headers=[("Allow", allow)])

    return answer


def _raising(error: HttpError) -> Handler:
    async def answer(_request: Request) -> Response:
        raise error

    return answer
