"""The answers to what goes wrong, one for each kind: what a client is told, and what it is not."""

from api_hour.http.message.errors import HttpError, Refusal
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

RETRY_AFTER = [("Retry-After", "1")]


def http_error_response(request: Request, error: HttpError) -> Response:
    """Return what an HttpError answers; after a Refusal the connection is closed."""
    if isinstance(error, Refusal):
        request.keep_alive = False
    return Response(f"{error}\n", status=error.status, headers=error.headers)


def unavailable_response() -> Response:
    """Return what is answered while an engine is down; the error itself names what we use, and is not for clients."""
    return Response("try again\n", status=503, headers=RETRY_AFTER)


def late_response() -> Response:
    """Return what is answered when the answer itself took too long."""
    return Response("the answer took too long\n", status=503, headers=RETRY_AFTER)


def failed_response() -> Response:
    """Return what is answered when the application raised something that is not for clients."""
    return Response("the server failed to answer\n", status=500)
