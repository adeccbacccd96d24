"""The answer that a request's own conditions ask for, instead of its handler's."""

import time
from collections.abc import Sequence

from api_hour.http.message.conditional import Validators, precondition_status
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response


def conditional_response(
    request: Request, current: Validators | None, *, headers: Sequence[tuple[str, str]] = ()
) -> Response | None:
    """Return 304 when the client has what is here, 412 when it means another state; None to go on.

    Args:
        request: whose If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since count.
        current: of what is here; None when nothing is.
        headers: of the answer that would be sent, which a 304 repeats: Cache-Control, Expires, Vary (RFC 9110, 15.4.5).
    """
    status = precondition_status(request.method, request.headers, current, now_s=time.time())
    if status is None:
        return None
    if status == 412:
        return Response("what is here is not what the request expects; read it again\n", status=412)
    etag = [] if current is None or current.etag is None else [("ETag", current.etag)]
    return Response(status=304, content_type=None, headers=[*etag, *headers])
