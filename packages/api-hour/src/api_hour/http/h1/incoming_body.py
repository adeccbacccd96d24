"""A body that is on its way: where it ends, what came of it, and how long it may take."""

from api_hour.http.h1.deadline import Deadline
from api_hour.http.h1.exchange import H1Exchange
from api_hour.http.message.body_stream import BodyStream
from api_hour.http.message.errors import Refusal
from api_hour.http.message.request import Request
from api_hour.http.transport.reading import BODY, Reading
from api_hour.http.wire.framing import Framing

DISCARD_BYTES = 262144  # of a body that its handler did not read: more is not worth keeping the connection


class IncomingBody:
    """The body of one request.

    Args:
        framing: says where it ends.
        exchange: the request's.
        deadline: the connection's.
        reading: whether the client is read from.

    Attributes:
        is_awaited: whether the client waits to be told to send it (RFC 9110, 10.1.1).
    """

    __slots__ = (
        "_deadline", "_exchange", "_framing", "_pieces", "_reading", "_since_bytes", "_since_s", "_stream",
        "is_awaited",
    )  # fmt: skip

    def __init__(self, framing: Framing, exchange: H1Exchange, deadline: Deadline, reading: Reading) -> None:
        self._framing = framing
        self._exchange = exchange
        self._deadline = deadline
        self._reading = reading
        self._pieces: list[bytes] = []
        self._stream: BodyStream | None = None
        self.is_awaited = False
        self.wait()

    def stream_to(self, request: Request) -> None:
        """Have a request's handler read the body as it comes."""
        self._stream = request.incoming = BodyStream(self, self._exchange.server.limits.buffer_bytes)

    def feed(self, data: bytes, request: Request | None) -> bytes | None:
        """Take a part of it; return what follows the body, None while it has not ended.

        Args:
            data: the part.
            request: whose body it is; None when that has been answered.

        Raises:
            Refusal: it is malformed, or larger than the limit.
        """
        self.is_awaited = False
        self._since_bytes += len(data)
        pieces, more = self._framing.feed(data)
        if more is not None:
            self._deadline.at_s = 0.0
        if request is None:
            return more
        if self._stream is not None:
            self._stream.feed(pieces)
            if more is not None:
                self._stream.end()
        else:
            self._pieces += pieces
            if more is not None:
                request.body = b"".join(self._pieces)
        return more

    @property
    def is_streamed(self) -> bool:
        """Whether a handler reads it as it comes."""
        return self._stream is not None

    def fail(self, refusal: Refusal) -> None:
        """Tell the handler that reads it what is wrong with it."""
        assert self._stream is not None
        self._deadline.at_s = 0.0
        self._stream.fail(refusal)

    def missing_bytes(self) -> int:
        """Return how much is known to be still missing."""
        return self._framing.missing_bytes()

    def can_be_discarded(self) -> bool:
        """Tell whether the client will send the rest of it, and that is little enough to be read and thrown away."""
        return not self.is_awaited and self._framing.missing_bytes() <= DISCARD_BYTES

    # The time that it may take.

    def wait(self) -> None:
        """Begin to wait for what is missing."""
        self._since_s = self._exchange.server.now_s
        self._since_bytes = 0
        self._deadline.set(self._exchange.server.limits.body_timeout_s)

    def is_late(self, now_s: float) -> bool:
        """Tell whether the time is up, also with that for what has come since it is waited for."""
        limits = self._exchange.server.limits
        until_s = self._since_s + limits.body_timeout_s + self._since_bytes / limits.min_bytes_per_s
        if until_s > now_s:
            self._deadline.at_s = until_s
            return False
        return True

    # What a handler's stream asks for.

    def want_body(self) -> None:
        """Let more of the body come; tell the client that waits for it to send it."""
        if self.is_awaited:
            self.is_awaited = False
            self._exchange.ask_for_body()
            self.wait()
        elif self._reading.let_go(BODY):
            self.wait()

    def hold_body(self) -> None:
        """Read no more from the client, which is not to blame for the time that passes."""
        self._reading.hold(BODY)
        self._deadline.at_s = 0.0

    def let_body_go(self) -> None:
        """Read on, for whatever comes: nobody is to be asked for this body any more."""
        self._reading.let_go(BODY)
