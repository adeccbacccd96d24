"""One connection of the soak's client: bytes out, answers in, and nothing that hides what the server did.

A socket without a transport around it: an error in sending must not take the answer that has come already.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Self

RECEIVE_BYTES = 65536
HEAD_END = b"\r\n\r\n"


class Ended(Exception):
    """The connection has ended in the middle.

    Args:
        has_begun: whether a part of the answer had come.
        reason: how.
    """

    def __init__(self, reason: str, *, has_begun: bool) -> None:
        super().__init__(reason)
        self.has_begun = has_begun


class Malformed(Exception):
    """Bytes that are no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request.

    All that the soak sends may be sent again (RFC 9110, 9.2.2).
    """

    method: str
    path: str
    body: bytes | None = None

    def encode(self) -> bytes:
        """Return its bytes."""
        length = "" if self.body is None else f"Content-Length: {len(self.body)}\r\n"
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: soak\r\n{length}\r\n"
        return head.encode() + (self.body or b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def worker(self) -> int | None:
        """The process that it says has given it."""
        if (pid := self.headers.get("x-worker")) is not None:
            return int(pid)
        if self.headers.get("content-type") == "application/json" and self.body:
            document = json.loads(self.body)
            return document.get("worker") if isinstance(document, dict) else None
        return None

    @property
    def is_last(self) -> bool:
        """Whether the connection is closed after it."""
        return self.headers.get("connection", "").lower() == "close"


class Link:
    """An open connection.

    Attributes:
        worker: the process that serves it, when an answer has said so.
        answers: how many have come.
        idle_since_s: when the last one had.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._came = bytearray()
        self.worker: int | None = None
        self.answers = 0
        self.idle_since_s = monotonic()

    @classmethod
    async def open(cls, port: int, *, receive_buffer_bytes: int = 0) -> Self:
        """Connect to a port of this machine."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer_bytes:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def send(self, data: bytes) -> None:
        """Send bytes; that the server takes no more shows in what it answers."""
        with suppress(ConnectionError):
            await self._loop.sock_sendall(self._sock, data)

    def end_sending(self) -> None:
        """Close this side only."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def found_idle(self) -> str | None:
        """Return None when an idle connection is as it should be, else what is found."""
        try:
            data = self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return None if not self._came else "bytes that nobody asked for"
        except OSError as error:
            return f"closed: {error.strerror}"
        return "bytes that nobody asked for" if data else "closed"

    async def exchange(self, request: Request) -> Answer:
        """Send a request and return its answer, which may come before all is sent.

        Raises:
            Ended, Malformed: there is none.
        """
        sending = asyncio.ensure_future(self.send(request.encode()))
        try:
            answer = await self.answer(request.method)
            if not answer.is_last:
                await sending
        finally:
            sending.cancel()
            await asyncio.wait([sending])
        return answer

    async def answer(self, method: str) -> Answer:
        """Return the next answer, to a request of a method.

        Raises:
            Ended: there is none, or not a whole one.
            Malformed: it is none.
        """
        status, headers = parse_head(await self._read_until(HEAD_END, has_begun=False))
        if method == "HEAD" or status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = await self._read_chunks()
        elif "content-length" in headers:
            body = await self.read(int(headers["content-length"]))
        else:
            raise Malformed(f"an answer {status} without an end: {dict(headers)}")
        answer = Answer(status=status, headers=headers, body=body)
        self.worker = answer.worker or self.worker
        self.answers += 1
        self.idle_since_s = monotonic()
        return answer

    async def read(self, size_bytes: int) -> bytes:
        """Return so many bytes.

        Raises:
            Ended: they do not come.
        """
        while len(self._came) < size_bytes:
            await self._receive(has_begun=True)
        data = bytes(self._came[:size_bytes])
        del self._came[:size_bytes]
        return data

    async def _read_until(self, end: bytes, *, has_begun: bool = True) -> bytes:
        while (position := self._came.find(end)) < 0:
            await self._receive(has_begun=has_begun or bool(self._came))
        return await self.read(position + len(end))

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while size_bytes := int(await self._read_until(b"\r\n"), 16):
            body += await self.read(size_bytes)
            if await self.read(2) != b"\r\n":
                raise Malformed("a chunk has another size than it says")
        if await self.read(2) != b"\r\n":
            raise Malformed("trailers that nobody has sent")
        return bytes(body)

    async def _receive(self, *, has_begun: bool) -> None:
        try:
            data = await self._loop.sock_recv(self._sock, RECEIVE_BYTES)
        except ConnectionError as error:
            raise Ended(str(error.strerror), has_begun=has_begun) from None
        if not data:
            raise Ended("closed", has_begun=has_begun)
        self._came += data

    def close(self) -> None:
        """Close it."""
        self._sock.close()

    def reset(self) -> None:
        """Close it by a reset, which throws away what is on its way."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer.

    Raises:
        Malformed: it is none, or says something twice.
    """
    status_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    version, _, rest = status_line.partition(" ")
    if version != "HTTP/1.1" or not rest[:3].isdigit():
        raise Malformed(f"expected a status line, got {status_line!r}")
    pairs = [line.partition(": ") for line in lines]
    headers = {name.lower(): value for name, _, value in pairs}
    if len(headers) != len(pairs) or not all(separator for _, separator, _ in pairs):
        raise Malformed(f"expected headers once each, got {lines}")
    return int(rest[:3]), headers
