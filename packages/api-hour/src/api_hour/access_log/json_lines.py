"""A line of the access log as a JSON object. Its keys are there in every line, with null for what is not known."""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from api_hour.access_log.entry import PID, AccessEntry


class JsonLine(msgspec.Struct, frozen=True):
    """One line; the order of the keys is this one.

    Attributes:
        time: when the answer ended, in UTC.
        path: as sent, without the query.
        query: as sent, without the question mark.
        response_bytes: of the body.
        duration_us: from the moment when the request could be answered to the end of its answer.
        request_id: the request's id; where requests have none, the X-Request-ID header of the request or of the answer.
        aborted: whether the answer is not whole.
        error: what was wrong with a request that was refused.
    """

    time: str
    client: str | None
    scheme: str | None
    method: str | None
    host: str | None
    path: str | None
    query: str | None
    protocol: str
    status: int
    response_bytes: int
    duration_us: int
    referer: str | None
    user_agent: str | None
    request_id: str | None
    worker: int
    pid: int
    aborted: bool
    error: str | None


class TracedLine(JsonLine, frozen=True):
    """The line of a request that was given an id.

    Attributes:
        traceparent: the header of this name, by which traces are followed (W3C Trace Context).
    """

    traceparent: str | None = None


_encode = msgspec.json.Encoder().encode

_UNSEEN = re.compile(  # ends lines, changes the order of what is shown, or hides: JSON leaves that as it is
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def json_line(entry: AccessEntry) -> str:
    """Return an entry as JSON."""
    request = entry.request
    path, separator, query = (b"", b"", b"") if request is None else request.target.partition(b"?")
    request_id = entry.request_id
    line = JsonLine(
        time=_show_time(entry.ended_at_s),
        client=entry.client,
        scheme=entry.scheme,
        method=None if request is None else request.method,
        host=_text(entry.request_header(b"host")),
        path=_text(path or None),
        query=_text(query if separator else None),
        protocol=entry.protocol,
        status=entry.status,
        response_bytes=entry.response_bytes,
        duration_us=entry.duration_ns // 1000,
        referer=_text(entry.request_header(b"referer")),
        user_agent=_text(entry.request_header(b"user-agent")),
        request_id=request_id or _text(entry.request_header(b"x-request-id") or entry.response_header(b"x-request-id")),
        worker=entry.worker_id,
        pid=PID,
        aborted=entry.is_aborted,
        error=entry.refusal,
    )
    if request_id is not None:
        traceparent = _text(entry.request_header(b"traceparent"))
        line = TracedLine(*[*msgspec.structs.astuple(line), traceparent])
    text = _encode(line).decode()
    return text if text.isascii() and "\x7f" not in text else _UNSEEN.sub(_escape, text)


def _escape(character: re.Match[str]) -> str:
    """RFC 8259, 7."""
    return json.dumps(character[0])[1:-1]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def _show_time(at_s: float) -> str:
    second = int(at_s)
    return f"{_show_second(second)}.{int((at_s - second) * 1000):03d}Z"


@lru_cache(maxsize=2)
def _show_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
