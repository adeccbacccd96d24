"""The common beginnings of answers, put together once for each Date."""

from api_hour.http.message.response import Response
from api_hour.http.wire.answer_head import response_head

KEPT_BYTES = 65536  # of the last answer, which others may share
SMALL_JSON_BYTES = 4096  # the heads of smaller documents are kept, one for each length


class ResponseHeads:
    """The beginnings of the common heads.

    Args:
        date: the whole Date header line.
    """

    __slots__ = ("_beginnings", "_json_heads", "_last", "_last_body", "_last_key", "date")

    def __init__(self, date: bytes) -> None:
        self.date = date
        self._beginnings: dict[tuple[int, str | None], bytes] = {}
        self._json_heads: dict[int, bytes] = {}  # by the document's length
        self._last = self._last_body = b""
        self._last_key: tuple[int, str | None] | None = None

    def json(self, document: bytes) -> bytes:
        """Return the bytes of a JSON document with status 200, on a connection that stays open."""
        head = self._json_heads.get(len(document))
        if head is None:
            head = b"%b%d\r\n\r\n" % (self._beginning(200, "application/json"), len(document))
            if len(document) < SMALL_JSON_BYTES:
                self._json_heads[len(document)] = head
        return head + document

    def whole(self, response: Response, body: bytes) -> bytes:
        """Return the bytes of a response with a body and no headers of its own, on a connection that stays open.

        Those of the last body are kept: whoever shares it is sent the same bytes.
        """
        key = response.status, response.content_type
        if body is self._last_body and key == self._last_key:
            return self._last
        data = b"%b%d\r\n\r\n%b" % (self._beginning(*key), len(body), body)
        if len(body) <= KEPT_BYTES:
            self._last, self._last_key, self._last_body = data, key, body
        return data

    def _beginning(self, status: int, content_type: str | None) -> bytes:
        """Return a head up to the length of its body."""
        key = status, content_type
        beginning = self._beginnings.get(key)
        if beginning is None:
            head = response_head(Response(status=status, content_type=content_type), 0, None)
            encoded = head.encode(self.date, None, keep_alive=True)
            beginning = self._beginnings[key] = encoded.removesuffix(b"0\r\n\r\n")
        return beginning
