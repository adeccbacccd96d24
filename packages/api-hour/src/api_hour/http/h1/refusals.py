"""The answer to a request that is refused, and its line in the log."""

from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.errors import Refusal
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.transport.ends import Ends
from api_hour.http.wire.answer_head import encode_response

_HEAD = b"HEAD "


def encode_refusal(refusal: Refusal, beginning: bytes | bytearray, *, date: bytes) -> tuple[bytes, int]:
    """Return an answer, and the length of its content.

    Args:
        refusal: what is wrong.
        beginning: of the request; where it may be HEAD, the answer has no content (RFC 9110, 9.3.2).
        date: the whole Date header line.
    """
    content = "" if _HEAD.startswith(bytes(beginning[: len(_HEAD)])) else f"{refusal}\n"
    response = Response(content, status=refusal.status, headers=refusal.headers)
    return encode_response(response, None, date=date, keep_alive=False), len(content)


def log_refusal(refusal: Refusal, request: Request | None, server: ServerState, ends: Ends) -> None:
    """Write down what was refused, whose it was, and what would allow it."""
    what = "a request" if request is None else f"{request.method} {request.path!r}"
    client = ends.known.client
    whose = "" if client is None else f" of {client[0]}"
    hint = f"; the limit is raised with {refusal.setting}" if refusal.setting else ""
    server.refusals.info("refused %s%s: %d %s%s", what, whose, refusal.status, refusal, hint)
