"""The notes of one connection for the access log and the hook, which are given by those who answer its requests.

Connections without an access log and such a hook have none of this.
"""

from typing import Protocol

from api_hour.access_log.entry import CLIENT_CLOSED
from api_hour.access_log.log import AccessLog
from api_hour.http.message.errors import Refusal
from api_hour.http.message.request import Request
from api_hour.http.transport.ends import Ends


class EndHook(Protocol):
    """What is told of each answer that is over: see `http/request_hooks.py`."""

    def end(self, request: Request, status: int, head: bytes, body_bytes: int) -> None:
        """Take note of the end of an answer, whose head is empty if there was none."""


class RequestLog:
    """Takes note of each request that is over.

    Args:
        access_log: writes its line; None for no line.
        ends: the two ends of the connection.
        hooks: told of it, too; None for nobody.

    Attributes:
        body_bytes: how much was sent of the body of the answer that has begun.
    """

    __slots__ = ("_access_log", "_address", "_ends", "_head", "_hooks", "_noted", "_status", "body_bytes")

    def __init__(self, access_log: AccessLog | None, ends: Ends, hooks: EndHook | None = None) -> None:
        self._access_log = access_log
        self._ends = ends
        self._hooks = hooks
        client = ends.known.client  # a connection that is lost does not tell
        self._address = None if client is None else client[0]
        self._noted: Request | None = None
        self._begin()

    def _begin(self) -> None:
        self._status = CLIENT_CLOSED
        self._head = b""
        self.body_bytes = 0

    # What is told.

    def begin_answer(self, status: int, head: bytes, body_bytes: int) -> None:
        """Take note of the head of an answer, and of what was sent with it of its body."""
        self._status, self._head, self.body_bytes = status, head, body_bytes

    def end(self, request: Request, *, duration_s: float, is_whole: bool) -> None:
        """Take note that the answer to a request is over, whole or not; or that there is none."""
        if self._hooks is not None:
            self._hooks.end(request, self._status, self._head, self.body_bytes)
        if self._access_log is not None:
            self._noted = request
            self._access_log.note(
                self,
                request,
                status=self._status,
                response_bytes=self.body_bytes,
                duration_ns=round(duration_s * 1e9),
                is_aborted=self._status == CLIENT_CLOSED or not is_whole,
            )
            self._noted = None
        self._begin()

    def refuse(self, refusal: Refusal, request: Request | None, *, body_bytes: int) -> None:
        """Take note of a request that was refused, as far as it could be understood."""
        if self._access_log is None:
            return
        self._noted = request
        self._access_log.note(
            self,
            request,
            status=refusal.status,
            response_bytes=body_bytes,
            duration_ns=0,
            is_aborted=False,
            refusal=str(refusal),
        )
        self._noted = None

    # What the access log asks for.

    def client_address(self) -> str | None:
        """Return the client's address, as trusted proxies say; None for a unix socket's."""
        client = self._ends.known.client if self._noted is None else self._ends.of(self._noted)[0]
        return self._address if client is None else client[0]

    def scheme(self) -> str | None:
        """Return `http` or `https`; None when the request could not be understood."""
        return None if self._noted is None else self._ends.of(self._noted)[2]

    def answer_head(self) -> bytes:
        """Return the head of the answer; empty when there was none."""
        return self._head
