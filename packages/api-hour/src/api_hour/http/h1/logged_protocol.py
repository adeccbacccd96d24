"""HTTP/1.1 on a connection whose requests are written to the access log.

Connections without an access log know nothing of this one, and pay nothing for it.
"""

import asyncio
from time import perf_counter_ns
from typing import TYPE_CHECKING, cast

from api_hour.access_log.entry import CLIENT_CLOSED
from api_hour.access_log.log import AccessLog
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import Refusal
from api_hour.http.message.request import Request
from api_hour.http.wire.head import HEAD_END

if TYPE_CHECKING:
    from api_hour.http.server import Server


class LoggedHttpProtocol(HttpProtocol):
    """One connection.

    Args:
        server: the connection's.
        access_log: takes each request that is over.
    """

    __slots__ = ("_access_log", "_address", "_answer_bytes", "_answer_head", "_noted", "_since_ns", "_status")

    def __init__(self, server: "Server", access_log: AccessLog) -> None:
        super().__init__(server)
        self._access_log = access_log
        self._address: str | None = None
        self._noted: Request | None = None
        self._reset()

    def _reset(self) -> None:
        self._since_ns = perf_counter_ns()
        self._status = CLIENT_CLOSED
        self._answer_bytes = 0
        self._answer_head = b""

    # What is written down.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out who the client is: a connection that is lost does not tell."""
        self._transport = cast("asyncio.Transport", transport)
        client = self._find_ends().client
        self._address = None if client is None else client[0]
        super().connection_made(transport)

    def eof_received(self) -> bool:
        """Note a request whose body will not come, where that is not answered."""
        if self._framing is not None and not self._transport.can_write_eof():
            self._note_unanswered()
        return super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Note a request whose body did not come."""
        self._note_unanswered()
        super().connection_lost(error)

    def _note_unanswered(self) -> None:
        if self._request is not None and self._answering is None:
            self._reset()
            self._note(self._request)

    def _send_whole(self, data: bytes) -> None:
        if not self.is_lost:
            head_bytes = data.index(HEAD_END) + len(HEAD_END)
            self._status, self._answer_head = int(data[9:12]), data[:head_bytes]
            self._answer_bytes = len(data) - head_bytes
        super()._send_whole(data)

    def begin_answer(
        self, head: bytes, *, length_bytes: int | None, is_chunked: bool, keep_alive: bool, has_body: bool = True
    ) -> None:
        """Send the head of an answer whose body comes in pieces."""
        if not self.is_lost:
            self._status, self._answer_head = int(head[9:12]), head
        super().begin_answer(
            head, length_bytes=length_bytes, is_chunked=is_chunked, keep_alive=keep_alive, has_body=has_body
        )

    def write_piece(self, piece: bytes) -> None:
        """Send a piece of the body."""
        super().write_piece(piece)
        if self._has_body:
            self._answer_bytes += len(piece)

    def _begin(self, request: Request) -> None:
        self._reset()
        super()._begin(request)

    def _finish(self) -> None:
        self._note(self._request)
        super()._finish()

    def _refuse_body(self, refusal: Refusal) -> None:
        self._noted = self._request
        super()._refuse_body(refusal)
        self._noted = None

    def _refuse(self, refusal: Refusal, beginning: bytes | bytearray) -> int:
        content_bytes = super()._refuse(refusal, beginning)
        self._access_log.note(
            self,
            self._noted,
            status=refusal.status,
            response_bytes=content_bytes,
            duration_ns=0,
            is_aborted=False,
            refusal=str(refusal),
        )
        return content_bytes

    def _note(self, request: Request | None) -> None:
        self._noted = request
        self._access_log.note(
            self,
            request,
            status=self._status,
            response_bytes=self._answer_bytes,
            duration_ns=perf_counter_ns() - self._since_ns,
            is_aborted=self._status == CLIENT_CLOSED or not self.has_ended_answer,
        )
        self._noted = None

    # What the log asks for.

    def client_address(self) -> str | None:
        """Return the client's address, as trusted proxies say; None for a unix socket's."""
        if self._server.proxy is None:
            return self._address
        client = self._proxied_for if self._noted is None else self.client_of(self._noted)
        return self._address if client is None else client[0]

    def scheme(self) -> str | None:
        """Return `http` or `https`; None when the request could not be understood."""
        return None if self._noted is None else self.scheme_of(self._noted)

    def answer_head(self) -> bytes:
        """Return the head of the answer; empty when there was none."""
        return self._answer_head
