"""One connection of the load generator, and what is asked on it."""

import errno
import socket
import ssl
from collections.abc import Mapping

from rush_hour.core.expectation import BODY_LIMIT_BYTES
from rush_hour.core.http_response import HeadCache, ResponseHead, ResponseReader
from rush_hour.core.result import BadAnswer
from rush_hour.core.schedule import NEVER_NS
from rush_hour.load.request import Request
from rush_hour.load.script import ResponseHook
from rush_hour.load.transport import TlsSocket

CLOSED, CONNECTING, IDLE, BUSY = range(4)  # plain integers: compared for each request


class Target:
    """A request and what its answers are held against.

    Attributes:
        data: the bytes to send.
        known_body: a body known to be good, so that the next one need only be compared; None when there is none.
        first_bad: what was wrong with the first answer that was not good; None without any.
    """

    __slots__ = (
        "_expectation", "_on_response", "data", "first_bad", "get_head", "heads", "keeps_body", "known_body",
        "statuses",
    )  # fmt: skip

    def __init__(self, request: Request, heads: HeadCache, on_response: ResponseHook | None) -> None:
        self.data = request.data
        self.first_bad: BadAnswer | None = None
        self.heads = heads
        self.get_head = heads.get
        self._expectation = request.expectation
        self._on_response = on_response
        self.statuses = request.expectation.statuses
        self.keeps_body = request.expectation.needs_body or on_response is not None
        self.known_body: bytes | None = None if on_response is not None else request.expectation.body

    def accepts(self, head: ResponseHead, body: bytes) -> bool:
        """Whether an answer is good; its body is looked at only if anything is expected of it."""
        is_good = head.status in self.statuses
        if self._on_response is not None:
            is_good &= self._on_response(head.status, _text_headers(head.headers), body) is not False
        if is_good and self._expectation.needs_body:
            is_good = self._expectation.accepts_body(body)
            if is_good and self._on_response is None:
                self.known_body = body
        if not is_good and self.first_bad is None:
            by_script = BadAnswer(status=head.status, differs="script", what="what the script's response() refused")
            self.first_bad = self._expectation.explain(head.status, body) or by_script
        return is_good


class Connection:
    """One connection and the request at the head of its queue.

    Attributes:
        number: among all connections of the plan.
        slot: among those of this process.
        request: number of the next request due on it, or of the one in flight.
        due_ns, ready_ns, sent_ns: when that request was due, could be sent, was sent.
        lag_ns: how late the generator began with it, where each request has a connection of its own.
        failures: connections refused, or closed while idle, in a row and without an answer between them.
        body: parts of the answer's body that came so far, where it matters.
    """

    __slots__ = (
        "body", "body_bytes", "due_ns", "failures", "head", "lag_ns", "number", "reader", "ready_ns", "request",
        "sent_ns", "slot", "sock", "state", "target", "unsent",
    )  # fmt: skip

    def __init__(self, number: int, slot: int, target: Target) -> None:
        self.number = number
        self.slot = slot
        self.target = target
        self.state = CLOSED
        self.sock: socket.socket | TlsSocket | None = None
        self.request = number
        self.due_ns = NEVER_NS
        self.ready_ns = 0
        self.sent_ns = 0
        self.lag_ns = 0
        self.failures = 0
        self.unsent = b""
        self.forget_answer()

    def forget_answer(self) -> None:
        """Expect the first byte of an answer."""
        self.reader: ResponseReader | None = None
        self.head: ResponseHead | None = None
        self.body: list[bytes] = []
        self.body_bytes = 0

    def keep(self, part: bytes) -> None:
        """Keep a part of the body if it matters; beyond the limit it cannot be good, and is not kept."""
        self.body_bytes += len(part)
        if self.target.keeps_body and self.body_bytes <= BODY_LIMIT_BYTES:
            self.body.append(part)

    def is_good(self) -> bool:
        """Whether the answer, which is complete, is a good one."""
        assert self.head is not None, "the reader gives a head before the end"
        return self.target.accepts(self.head, b"".join(self.body))


def name_of(error: OSError | int) -> str:
    """Return a short name for counting: `ECONNREFUSED`, or of TLS, `CERTIFICATE_VERIFY_FAILED`."""
    if isinstance(error, ssl.SSLError):
        return error.reason or type(error).__name__
    code = error if isinstance(error, int) else error.errno or 0
    return errno.errorcode.get(code, str(code))


def _text_headers(headers: Mapping[bytes, list[bytes]]) -> dict[str, str]:
    return {name.decode("ascii"): b", ".join(values).decode("latin-1") for name, values in headers.items()}
