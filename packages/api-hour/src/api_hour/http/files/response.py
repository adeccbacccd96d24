"""A file as a response: whole, in parts (RFC 9110, section 14), or not at all when the client has it (section 13)."""

import asyncio
import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from api_hour.http.files.body import FileBody
from api_hour.http.files.content_type import content_type_of
from api_hour.http.files.open_file import OpenFile, open_file
from api_hour.http.files.ranges import ByteRange, multipart_parts, parse_ranges, size_of, unsatisfied_range
from api_hour.http.message.conditional import Validators, range_applies
from api_hour.http.message.conditional_response import conditional_response
from api_hour.http.message.http_date import format_http_date
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response

Headers = Sequence[tuple[str, str]]


async def file_response(
    request: Request, path: str | Path, *, content_type: str | None = None, headers: Headers = ()
) -> Response:
    """Answer GET or HEAD with a file.

    The path is trusted: what comes from a client is for `StaticFiles`.

    Args:
        request: its conditions and its Range count.
        path: of the file.
        content_type: guessed from the end of the path when it is not given.
        headers: more headers.

    Raises:
        HttpError: 404, there is no such regular file.
    """
    name = os.fspath(path)
    opened = await asyncio.to_thread(open_file, name)
    return respond_with(opened, request, content_type=content_type or content_type_of(name), headers=headers)


def respond_with(
    opened: OpenFile, request: Request, *, content_type: str, headers: Headers = (), coding: str | None = None
) -> Response:
    """Answer with an open file, which the response closes.

    Args:
        opened: the file.
        request: its conditions and its Range count.
        content_type: of the file.
        headers: more headers.
        coding: the content coding that the file is in; None for none.
    """
    now_s = time.time()
    current = Validators(
        etag=f'"{opened.changed_at_ns:x}-{opened.size_bytes:x}{f"-{coding}" if coding else ""}"',
        last_modified_s=min(opened.changed_at_ns // 1_000_000_000, int(now_s)),  # never later than Date (8.8.2.1)
    )
    if (early := conditional_response(request, current, headers=headers)) is not None:
        opened.close()
        return early
    all_headers = [*_headers_of(current), *([("Content-Encoding", coding)] if coding else []), *headers]
    asked = request.headers.get("range") if request.method == "GET" else None  # RFC 9110, 14.2
    if asked is None or not range_applies(request.headers, current, now_s=now_s):
        ranges = None
    else:
        ranges = parse_ranges(asked, opened.size_bytes)
    if ranges is None:
        return _whole(opened, request, content_type, all_headers)
    if not ranges:
        opened.close()
        content_range = [("Content-Range", unsatisfied_range(opened.size_bytes))]
        return Response("none of these ranges is there\n", status=416, headers=content_range)
    return _partial(opened, ranges, content_type, all_headers)


def _headers_of(current: Validators) -> list[tuple[str, str]]:
    assert current.etag is not None
    assert current.last_modified_s is not None
    last_modified = format_http_date(current.last_modified_s)
    return [("ETag", current.etag), ("Last-Modified", last_modified), ("Accept-Ranges", "bytes")]


def _whole(opened: OpenFile, request: Request, content_type: str, headers: Headers) -> Response:
    if opened.content is not None:
        return Response(opened.content, content_type=content_type, headers=headers)
    size_bytes = opened.size_bytes
    parts = [] if request.method == "HEAD" else [ByteRange(0, size_bytes - 1)]
    return Response(FileBody(opened, parts), content_type=content_type, headers=headers, content_length=size_bytes)


def _partial(opened: OpenFile, ranges: list[ByteRange], content_type: str, headers: Headers) -> Response:
    """Answer with one range, or with several in a multipart (RFC 9110, 15.3.7)."""
    parts: list[ByteRange | bytes] = [*ranges]
    if len(ranges) == 1:
        headers = [("Content-Range", ranges[0].content_range(opened.size_bytes)), *headers]
    else:
        boundary = secrets.token_hex(16)
        parts = multipart_parts(ranges, opened.size_bytes, content_type=content_type, boundary=boundary)
        content_type = f"multipart/byteranges; boundary={boundary}"
    if opened.content is not None:
        content = opened.content
        pieces = [part if isinstance(part, bytes) else content[part.first : part.last + 1] for part in parts]
        return Response(b"".join(pieces), status=206, content_type=content_type, headers=headers)
    return Response(
        FileBody(opened, parts), status=206, content_type=content_type, headers=headers, content_length=size_of(parts)
    )
