"""Forms that browsers send: `application/x-www-form-urlencoded`, and `multipart/form-data` (RFC 7578).

The parser of multipart is the `multipart` package's (extra `forms`), in its strict mode. The size of a form is limited
by `Limits.body_bytes`, the number of its fields here. A file's name is what the client says: never use it as a path.

Rule that must hold: whatever a form consists of, reading it takes time in proportion to its size, and lets the loop do
other things after each TURN_BYTES.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import product

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from api_hour.http.message.errors import HttpError
from api_hour.http.message.request import Request

MAX_FIELDS = 1000

TURN_BYTES = 65536

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_HEXADECIMAL = b"0123456789ABCDEFabcdef"
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED = {bytes(digits): bytes([int(bytes(digits), 16)]) for digits in product(_HEXADECIMAL, repeat=2)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """A file that was sent with a form.

    Args:
        name: the field's.
        filename: what the client calls it.
        content_type: what the client says that it is.
        content: its bytes.
    """

    name: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields and files of a form.

    Args:
        pairs: names and values of the fields, in order.
        files: in order.
    """

    pairs: list[tuple[str, str]]
    files: list[FormFile]

    @property
    def fields(self) -> dict[str, str]:
        """Values by name; of a repeated one, the last."""
        return dict(self.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPiece:
    """A piece of one field or file of a multipart form.

    Args:
        name: the field's.
        filename: what the client calls the file; None for a field.
        content_type: what the client says that it is.
        data: the piece; empty at the end.
    """

    name: str
    filename: str | None
    content_type: str
    data: bytes


async def read_form(request: Request) -> Form:
    """Return the form in a request's body, whose files are kept in memory.

    Raises:
        HttpError: 415, the body is no form; 400, it is malformed; 413, it has more than MAX_FIELDS fields.
    """
    kind, _ = _kind_of(request)
    if kind == URLENCODED:
        body = b"".join([piece async for piece in request.stream()])
        return Form(pairs=await _urlencoded(body), files=[])
    pairs: list[tuple[str, str]] = []
    files: list[FormFile] = []
    pieces: list[bytes] = []
    async for piece in stream_form(request):
        if piece.data:
            pieces.append(piece.data)
            continue
        content, pieces = b"".join(pieces), []
        if piece.filename is None:
            pairs.append((piece.name, _text(content, piece.name)))
        else:
            file = FormFile(name=piece.name, filename=piece.filename, content_type=piece.content_type, content=content)
            files.append(file)
    return Form(pairs=pairs, files=files)


async def stream_form(request: Request) -> AsyncIterator[FormPiece]:
    """Yield the pieces of a multipart form as they come, one field after the other; each ends with an empty piece.

    For handlers that are `streams_body`, and for files that are too large for memory.

    Raises:
        HttpError: 415, the body is no multipart form; 400, it is malformed; 413, it has more than MAX_FIELDS fields.
    """
    kind, boundary = _kind_of(request)
    if kind != MULTIPART:
        raise HttpError(415, f"expected a body of {MULTIPART}, got {kind!r}")
    segment: MultipartSegment | None = None
    try:
        with PushMultipartParser(boundary, max_segment_count=MAX_FIELDS, strict=True) as parser:
            async for data in request.stream():
                for begin in range(0, len(data), TURN_BYTES):
                    if begin:
                        await asyncio.sleep(0)
                    for event in parser.parse(data[begin : begin + TURN_BYTES]):
                        if isinstance(event, MultipartSegment):
                            segment = event
                        else:
                            assert segment is not None  # it comes before its data
                            yield _piece(segment, bytes(event or b""))
    except ParserLimitReached as error:
        raise HttpError(413, f"the form is too large; {error}") from error
    except MultipartError as error:
        raise HttpError(400, f"expected a body of {MULTIPART}; {error}") from error


def _kind_of(request: Request) -> tuple[str, str]:
    """Return the media type of a form and its boundary."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind not in (URLENCODED, MULTIPART):
        raise HttpError(415, f"expected a body of {URLENCODED} or {MULTIPART}, got {kind!r}")
    if kind == MULTIPART and not options.get("boundary"):
        raise HttpError(400, f"expected a boundary with {MULTIPART}")
    return kind, options.get("boundary", "")


async def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a body (https://url.spec.whatwg.org/#urlencoded-parsing)."""
    if body.count(b"&") >= MAX_FIELDS:
        raise HttpError(413, f"the form is too large; it has more than {MAX_FIELDS} fields")
    pairs: list[tuple[str, str]] = []
    taken_bytes = 0
    for field in filter(None, body.replace(b"+", b" ").split(b"&")):
        texts: list[str] = []
        for encoded in field.partition(b"=")[::2]:
            pieces: list[bytes] = []
            for piece in _pieces(encoded):
                pieces.append(_ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], piece))
                taken_bytes += len(piece)
                if taken_bytes > TURN_BYTES // 2:  # a piece may be a little shorter
                    taken_bytes = 0
                    await asyncio.sleep(0)
            texts.append(b"".join(pieces).decode("utf-8", "replace"))
        pairs.append((texts[0], texts[1]))
    return pairs


def _pieces(encoded: bytes) -> Iterator[bytes]:
    """Yield text in pieces that do not end within an escape."""
    begin = 0
    while begin < len(encoded):
        end = begin + TURN_BYTES
        if end < len(encoded) and (escape := encoded.rfind(b"%", end - 2, end)) >= 0:
            end = escape
        yield encoded[begin:end]
        begin = end


def _piece(segment: MultipartSegment, data: bytes) -> FormPiece:
    return FormPiece(
        name=segment.name,
        filename=segment.filename,
        content_type=segment.content_type or ("text/plain" if segment.filename is None else "application/octet-stream"),
        data=data,
    )


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise HttpError(400, f"expected UTF-8 in the field {name!r}; {error}") from error
