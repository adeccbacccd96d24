"""An answer that comes in parts, or whose head is new."""

from rush_hour.core.expectation import BODY_LIMIT_BYTES
from rush_hour.core.http.http_response import (
    HEAD_END,
    BodyChunk,
    Framing,
    ResponseEnd,
    ResponseHead,
    ResponseReader,
)
from rush_hour.core.http.malformed import MalformedResponse
from rush_hour.load.injector.target import Target

CHUNKS_LIMIT_BYTES = 16 * 1024 * 1024  # a longer chunked answer is not remembered as it came


class Reading:
    """Reads one answer.

    As long as the bytes equal an answer that was good before, they are compared and not parsed. From the first
    difference on, they are.

    Args:
        target: what the answer is held against.

    Attributes:
        head: of the answer, when it is known.
        has_more: whether there are bytes after the answer, which nobody asked for.
    """

    __slots__ = (
        "_at", "_body_bytes", "_known", "_raw", "_raw_bytes", "_reader", "_target",
        "body", "has_more", "head", "head_bytes",
    )  # fmt: skip

    def __init__(self, target: Target) -> None:
        self._target = target
        self._reader: ResponseReader | None = None
        self._known: bytes | None = None  # the body's bytes, as they are expected to come
        self._at = 0  # how many of them have come
        self._raw: list[bytes] | None = None  # a chunked body as it came, to be known next time
        self._raw_bytes = 0
        self._body_bytes = 0
        self.head: ResponseHead | None = None
        self.head_bytes = b""
        self.body: list[bytes] = []
        self.has_more = False

    def feed(self, data: memoryview) -> bool:
        """Take what has come, and return whether the answer is complete.

        Raises:
            MalformedResponse: it is no answer in HTTP/1.1.
        """
        if self._known is not None:
            if self._known.startswith(data, self._at):
                self._at += len(data)
                return self._at == len(self._known)
            return self._parse_after_all(data.tobytes())
        if self._reader is None:
            return self._begin(data.tobytes())
        return self._parse(data.tobytes())

    def feed_eof(self) -> bool:
        """Take the end of the connection, and return whether it completes the answer.

        Raises:
            MalformedResponse: it came in the middle of the answer.
        """
        if self._reader is None:
            raise MalformedResponse("truncated", "the connection ended in the middle of a response")
        return bool(self._reader.feed_eof())

    def is_good(self) -> bool:
        """Whether the answer, which is complete, is a good one."""
        head, target = self.head, self._target
        assert head is not None, "a complete answer has a head"
        if self._known is not None:
            return head.status in target.statuses or target.accepts(head, target.known_body or b"")
        if target.keeps_body and self._body_bytes > BODY_LIMIT_BYTES:
            return target.refuse(head, self._body_bytes)
        is_good = target.accepts(head, b"".join(self.body))
        if is_good and self._raw is not None and not self.has_more:
            target.known_chunks = b"".join(self._raw)
        return is_good

    def _begin(self, data: bytes) -> bool:
        """Look at the first bytes: with a whole head they may be the beginning of an answer that is known."""
        target = self._target
        body_at = data.find(HEAD_END) + len(HEAD_END)
        head = target.get_head(data[:body_at])
        if head is not None:
            known = self._known_body(head)
            if known is not None and len(known) > len(data) - body_at and known.startswith(data[body_at:]):
                self.head, self.head_bytes, self._known, self._at = head, data[:body_at], known, len(data) - body_at
                return False
        self._reader = ResponseReader(target.heads, gives_body=target.keeps_body, only_one=True)
        if target.learns:
            self._raw, self._raw_bytes = [data[body_at:]], len(data) - body_at
        is_complete = self._parse_part(data)
        if target.get_head(data[:body_at]) is None:  # cut in two, or an interim one: not the body's beginning
            self._raw = None
        return is_complete

    def _known_body(self, head: ResponseHead) -> bytes | None:
        """Return the bytes that are expected after a head; None when nothing is known of them."""
        if head.framing is Framing.CHUNKED:
            return self._target.known_chunks
        known = self._target.known_body
        return known if known is not None and len(known) == head.body_bytes else None

    def _parse_after_all(self, data: bytes) -> bool:
        """The answer is another one than was expected: read it from its beginning."""
        assert self._known is not None, "it was expected to be known"
        came, self._known = self._known[: self._at], None
        self._reader = ResponseReader(self._target.heads, gives_body=self._target.keeps_body, only_one=True)
        self._raw, self._raw_bytes = [came], len(came)
        self._parse_part(self.head_bytes + came)
        return self._parse(data)

    def _parse(self, data: bytes) -> bool:
        if self._raw is not None:
            self._raw.append(data)
            self._raw_bytes += len(data)
            if self._raw_bytes > CHUNKS_LIMIT_BYTES:
                self._raw = None
        return self._parse_part(data)

    def _parse_part(self, data: bytes) -> bool:
        assert self._reader is not None, "it was made when the answer began"
        is_complete = False
        for event in self._reader.feed(data):
            match event:
                case ResponseHead():
                    self.head = event
                    if event.framing is not Framing.CHUNKED:
                        self._raw = None
                case BodyChunk(part):
                    self._keep(part)
                case ResponseEnd():
                    is_complete = True
        self.has_more = is_complete and not self._reader.is_between_responses
        return is_complete

    def _keep(self, part: bytes) -> None:
        """Keep a part of the body; beyond the limit it cannot be good, and is not kept."""
        self._body_bytes += len(part)
        if self._body_bytes <= BODY_LIMIT_BYTES:
            self.body.append(part)
