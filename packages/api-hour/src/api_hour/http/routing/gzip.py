"""Middleware that compresses answers for clients that accept gzip (RFC 9110, 12.5.3).

Left as they are: what is small, not text, an event stream, compressed already, a part, or can be asked for in parts
(files: see `StaticFiles(precompressed=True)`), and what says `no-transform`. What is large is compressed in a thread.
"""

import asyncio
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Sequence

from api_hour.http.message.handler import ResponseHandler
from api_hour.http.message.negotiation import VARY, choose_coding
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

INLINE_BYTES = 16 * 1024  # compressing this much takes less than handing it to a thread is worth
_GZIP_WINDOW = 31  # zlib's way to say gzip's format

_COMPRESSIBLE = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
_EVENTS = "text/event-stream"
_TELLTALES = frozenset({"content-encoding", "content-range", "accept-ranges"})


class Gzip:
    """Compresses answers.

    Args:
        minimum_bytes: a body below this is not worth it.
        level: 1 (fast) to 9 (small).
    """

    def __init__(self, *, minimum_bytes: int = 1024, level: int = 6) -> None:
        self._minimum_bytes = minimum_bytes
        self._level = level

    async def __call__(self, request: Request, answer: ResponseHandler) -> Response:
        """Answer, compressed if that is possible."""
        response = await answer(request)
        if response.status == 304:
            return _changed(response, response.body, [*_as_known(response.headers, request), VARY], None)
        if not self._is_worth_it(response):
            return response
        headers = [*response.headers, VARY]
        if choose_coding(request.headers.get("accept-encoding"), ["gzip"]) != "gzip":
            return _changed(response, response.body, headers, response.content_length)
        headers = [*map(_weaken, headers), ("Content-Encoding", "gzip")]
        return _changed(response, await self._compress(response.body), headers, None)

    def _is_worth_it(self, response: Response) -> bool:
        body, content_type = response.body, response.content_type or ""
        if not content_type.startswith(_COMPRESSIBLE) or content_type.startswith(_EVENTS):
            return False
        if isinstance(body, bytes) and len(body) < self._minimum_bytes:
            return False
        return not any(
            name.lower() in _TELLTALES or (name.lower() == "cache-control" and "no-transform" in value.lower())
            for name, value in response.headers
        )

    async def _compress(self, body: bytes | AsyncIterable[bytes]) -> bytes | AsyncIterable[bytes]:
        if not isinstance(body, bytes):
            return self._compress_pieces(body)
        if len(body) <= INLINE_BYTES:
            return zlib.compress(body, self._level, _GZIP_WINDOW)
        return await asyncio.to_thread(zlib.compress, body, self._level, _GZIP_WINDOW)

    async def _compress_pieces(self, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Compress each piece so that the client can read it when it comes."""
        packer = zlib.compressobj(self._level, zlib.DEFLATED, _GZIP_WINDOW)
        pieces = aiter(body)
        try:
            async for piece in pieces:
                if len(piece) <= INLINE_BYTES:
                    packed = packer.compress(piece)
                else:
                    packed = await asyncio.to_thread(packer.compress, piece)
                yield packed + packer.flush(zlib.Z_SYNC_FLUSH)
            yield packer.flush()
        finally:
            if (aclose := getattr(pieces, "aclose", None)) is not None:
                await aclose()


def _weaken(header: tuple[str, str]) -> tuple[str, str]:
    """Make a strong entity tag a weak one: the bytes are others, what they say is the same (RFC 9110, 8.8.3.3)."""
    name, value = header
    return (name, f"W/{value}") if name.lower() == "etag" and not value.startswith("W/") else header


def _as_known(headers: Sequence[tuple[str, str]], request: Request) -> list[tuple[str, str]]:
    """Return the headers of a 304 with the entity tag as the client has it: weak, if it got it with gzip."""
    known = request.headers.get("if-none-match", "")
    return [_weaken(header) if f"W/{header[1]}" in known else header for header in headers]


def _changed(
    response: Response,
    body: bytes | AsyncIterable[bytes],
    headers: list[tuple[str, str]],
    content_length: int | None,
) -> Response:
    return Response(
        body,
        status=response.status,
        content_type=response.content_type,
        headers=headers,
        content_length=content_length,
    )
