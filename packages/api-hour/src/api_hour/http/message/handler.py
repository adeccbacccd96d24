"""The kinds of functions that answer requests, as they are written by an application."""

from collections.abc import Awaitable, Callable
from typing import Any

from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

Handler = Callable[[Request], Any]  # returns the answer, or what to await for it
ResponseHandler = Callable[[Request], Awaitable[Response]]
Middleware = Callable[[Request, ResponseHandler], Awaitable[Any]]
ErrorHandler = Callable[[Request, Any], Any]
