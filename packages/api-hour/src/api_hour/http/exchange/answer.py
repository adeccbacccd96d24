"""One answer, as those see it who give it: the same on every wire.

Rule that must hold: an answer is sent whole, or the client is told that it is not, so that no part is taken for the
whole; and what a client does not read is not produced, beyond the transport's buffer.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from api_hour.http.exchange.stream_scope import Stream
from api_hour.http.exchange.upgrade import Successor
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.wire.answer_head import RAW, AnswerHead, Spelling

Fields = Iterable[tuple[bytes, bytes]]
GivenFields = Fields | Iterable[tuple[str, str]]


class Answer(ABC):
    """One answer. A wire is a subclass, which says how an answer becomes bytes.

    Attributes:
        has_begun_answer: whether a part of the answer may be with the client already.
        has_ended_answer: whether the answer is whole.
        stream: the answer, while it is sent piece by piece.
    """

    __slots__ = ("has_begun_answer", "has_ended_answer", "stream")

    def __init__(self) -> None:
        self.has_begun_answer = False
        self.has_ended_answer = False
        self.stream: Stream | None = None

    # Whether it can be sent.

    @property
    @abstractmethod
    def can_write(self) -> bool:
        """Whether the client has read enough of what was sent."""

    @property
    @abstractmethod
    def is_lost(self) -> bool:
        """Whether nothing can be sent any more."""

    @abstractmethod
    async def drain(self) -> None:
        """Wait until the client has read enough.

        Raises:
            ClientGone: the client has closed the connection.
        """

    # As a whole.

    @abstractmethod
    def send(self, request: Request, response: Response) -> None:
        """Send a response whose body is there as a whole.

        Raises:
            ValueError: its head cannot be sent; nothing was.
        """

    @abstractmethod
    def send_json(self, request: Request, document: bytes) -> None:
        """Send a JSON document with status 200: what most handlers return needs no Response."""

    @abstractmethod
    def send_fields(  # noqa: PLR0917  # as AnswerHead
        self,
        request: Request,
        status: int,
        fields: GivenFields,
        body: bytes,
        spelling: Spelling = RAW,
        first_line: bytes | None = None,
    ) -> None:
        """Send an answer that is given as status, header fields and body.

        Args:
            request: what is answered.
            status: the status code.
            fields: names and values.
            body: the body; of an answer that has none, nothing is sent of it.
            spelling: how the fields are given.
            first_line: the status line, if it has words of its own.

        Raises:
            ValueError: it cannot be sent, or its body has another length than its fields say; nothing was.
        """

    # In pieces.

    @abstractmethod
    def send_interim(self, request: Request, status: int, fields: Fields) -> None:
        """Send an interim answer (RFC 9110, 15.2), to a client that knows them: the answer itself has not begun.

        Raises:
            ValueError: it cannot be sent; nothing was.
        """

    @abstractmethod
    def begin_response(self, request: Request, response: Response) -> bool:
        """Send the head of a response whose body comes in pieces; tell whether a body follows.

        Raises:
            ValueError: it cannot be sent; nothing was.
        """

    @abstractmethod
    def begin_fields(
        self,
        request: Request,
        status: int,
        fields: GivenFields,
        spelling: Spelling = RAW,
        first_line: bytes | None = None,
    ) -> AnswerHead:
        """Send the head of an answer whose body comes in pieces, and return it.

        Args:
            request: what is answered.
            status: the status code.
            fields: names and values.
            spelling: how the fields are given.
            first_line: the status line, if it has words of its own.

        Raises:
            ValueError: it cannot be sent; nothing was.
        """

    @abstractmethod
    def write_piece(self, piece: bytes) -> None:
        """Send a piece of the body, without waiting.

        Raises:
            ValueError: the body is longer than its head says.
            ClientGone: the client has closed the connection.
        """

    async def send_piece(self, piece: bytes) -> None:
        """Send a piece of the body, and wait until the client has read enough of it.

        Raises:
            ValueError: the body is longer than its head says.
            ClientGone: the client has closed the connection.
        """
        if piece:
            self.write_piece(piece)
        if not self.can_write:
            await self.drain()

    @abstractmethod
    async def send_file(self, file: int, first: int, size_bytes: int) -> None:
        """Send a part of an open file as the next part of the body, at the pace of the client.

        Args:
            file: its descriptor.
            first: where in the file it begins.
            size_bytes: how much of it is sent.

        Raises:
            ValueError: the body is longer than its head says, or the file shorter.
            OSError: the file cannot be read.
            ClientGone: the client has closed the connection.
        """

    @abstractmethod
    def flush(self) -> None:
        """Send at once what was to be sent soon: who answers has more to do before the loop's turn ends."""

    @abstractmethod
    def end_answer(self) -> None:
        """Send the end of the body.

        Raises:
            ValueError: the body is shorter than its head says.
        """

    # Otherwise.

    def fail(self, request: Request, response: Response) -> None:
        """Send an error instead of an answer; cut it when it has begun."""
        if self.has_begun_answer:
            self.cut()
        elif not self.is_lost:
            self.send(request, response)

    @abstractmethod
    def cut(self) -> None:
        """End it at once, so that nobody takes what was sent for the whole; who answers goes on."""

    @abstractmethod
    def switch_protocols(self, protocol: bytes, fields: Fields, successor: Successor) -> None:
        """Give all that comes from now on to another protocol: that is the answer.

        Args:
            protocol: its name.
            fields: more header fields of the answer.
            successor: speaks it; it is given the connection first, and then what came already.

        Raises:
            ValueError: a field cannot be sent; nothing was.
        """
