"""The head of a WSGI application's answer, and what it sends before it: on an exchange, in the loop's thread."""

from collections.abc import Iterable

from api_hour.http.exchange.exchange import Exchange
from api_hour.http.message.request import Request
from api_hour.http.wire.answer_head import NATIVE
from api_hour.http.wsgi.call import Call

_EARLY_HINTS = 103


def send_whole(call: Call, exchange: Exchange, request: Request, body: bytes) -> None:
    """Send an answer whose body is there as a whole; of one that is longer than its head says, so much.

    Raises:
        TypeError, ValueError: it cannot be sent; nothing was.
    """
    try:
        exchange.send_fields(request, call.status, call.fields, body, NATIVE, call.first_line)
    except ValueError:
        said_bytes = call.said_length()
        if said_bytes is None or said_bytes >= len(body):
            raise
        exchange.send_fields(request, call.status, call.fields, body[:said_bytes], NATIVE, call.first_line)
        call.is_too_long = call.has_more = True


def begin_pieces(call: Call, exchange: Exchange, request: Request) -> None:
    """Send the head of an answer whose body comes in pieces, if it was not sent yet.

    Raises:
        TypeError, ValueError: it cannot be sent; nothing was.
    """
    if not call.has_begun:
        head = exchange.begin_fields(request, call.status, call.fields, NATIVE, call.first_line)
        call.has_begun = True
        call.left_bytes = head.length_bytes if head.has_body else None


def send_early_hints(exchange: Exchange, request: Request, headers: Iterable[tuple[str, str]]) -> None:
    """Send early hints (RFC 8297), if the answer itself has not begun.

    Raises:
        ValueError: they cannot be sent; nothing was.
    """
    if not exchange.has_begun_answer:
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        exchange.send_interim(request, _EARLY_HINTS, fields)
        exchange.flush()
