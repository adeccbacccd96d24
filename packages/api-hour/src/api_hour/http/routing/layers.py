"""The layers around the handlers of a router: middleware, and answers to errors.

A handler is composed with them once, when its route is added; a router that has neither adds nothing to a request.
Rule that must hold: what a middleware awaits is a Response whenever there is an answer. Errors that have one, HttpError
and those with an error handler, have become it; other exceptions pass through to the server, which answers 500.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from api_hour.engines import EngineUnavailable
from api_hour.http.exchange.failure_answers import http_error_response, unavailable_response
from api_hour.http.message.errors import AnswerSent, ClientGone, HttpError
from api_hour.http.message.handler import ErrorHandler, Handler, Middleware, ResponseHandler
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response, to_response


class Layers:
    """Composes handlers.

    Args:
        middleware: `async def middleware(request, answer)`, the outermost first.
        error_handlers: `async def handler(request, error)` by the class of the error. The nearest base class counts.
    """

    def __init__(
        self, middleware: Sequence[Middleware], error_handlers: Mapping[type[Exception], ErrorHandler]
    ) -> None:
        self._middleware = tuple(middleware)
        self._has_any = bool(middleware or error_handlers)
        self._error_handlers: dict[type[Exception], ErrorHandler] = {
            HttpError: _answer_http_error,
            EngineUnavailable: _answer_unavailable,
            **error_handlers,
        }

    def __bool__(self) -> bool:
        """Whether there is anything around a handler."""
        return self._has_any

    def wrap(self, handler: Handler) -> Handler:
        """Return a handler with everything around it."""
        wrapped = self._answering(handler)
        for middleware in reversed(self._middleware):
            wrapped = self._answering(_within(middleware, wrapped))
        return wrapped

    def _answering(self, handler: Handler) -> ResponseHandler:
        async def answer(request: Request) -> Response:
            try:
                return to_response(await settle(handler(request)))
            except (ClientGone, AnswerSent):
                raise  # there is nobody to answer
            except Exception as error:
                answer_error = self._handler_of(type(error))
                if answer_error is None:
                    raise
                return to_response(await settle(answer_error(request, error)))

        return answer

    def _handler_of(self, kind: type[Exception]) -> ErrorHandler | None:
        handlers = self._error_handlers
        return next((handlers[base] for base in kind.__mro__ if base in handlers), None)


async def settle(answer: Any) -> Any:
    """Return an answer: what a plain function returned as it is, what another did when it has been awaited."""
    return await answer if hasattr(answer, "__await__") else answer


def _within(middleware: Middleware, inner: ResponseHandler) -> Handler:
    async def handler(request: Request) -> Any:
        return await middleware(request, inner)

    return handler


async def _answer_http_error(request: Request, error: HttpError) -> Response:
    return http_error_response(request, error)


async def _answer_unavailable(_request: Request, _error: EngineUnavailable) -> Response:
    return unavailable_response()
