"""The atoms of an access log's format: Gunicorn's, as far as they have a meaning here."""

import base64
import binascii
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from api_hour.access_log.entry import PID, AccessEntry
from api_hour.log.local_time import ZONE

NOTHING = "-"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # in any locale

_UNSAFE = re.compile(r"[^ !#-\[\]-~]")


def escape(text: str) -> str:
    """Return text that holds no end of line, no quote and nothing that a terminal would obey."""
    return _UNSAFE.sub(lambda match: f"\\x{ord(match[0]):02x}", text) if _UNSAFE.search(text) else text


@lru_cache(maxsize=1024)
def _show(value: bytes | None) -> str:
    return escape(value.decode("latin-1")) if value else NOTHING


@lru_cache(maxsize=2)
def _show_time(second: int) -> str:
    moment = datetime.fromtimestamp(second, ZONE)
    return f"[{moment:%d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S %z}]"


def _date(entry: AccessEntry) -> str:
    return _show_time(int(entry.ended_at_s))


def _request_line(entry: AccessEntry) -> str:
    request = entry.request
    if request is None:
        return NOTHING
    return f"{request.method} {escape(request.target.decode('latin-1'))} {entry.protocol}"


def _path(entry: AccessEntry) -> str:
    return NOTHING if entry.request is None else _show(entry.request.target.partition(b"?")[0])


def _query(entry: AccessEntry) -> str:
    return "" if entry.request is None else escape(entry.request.target.partition(b"?")[2].decode("latin-1"))


def _user(entry: AccessEntry) -> str:
    """RFC 7617: the name before the colon, of credentials that nobody has checked here."""
    scheme, _, credentials = (entry.request_header(b"authorization") or b"").partition(b" ")
    if scheme.lower() != b"basic":
        return NOTHING
    try:
        return _show(base64.b64decode(credentials.strip(), validate=True).partition(b":")[0])
    except (binascii.Error, ValueError):
        return NOTHING


def header_atom(name: str, *, of_response: bool) -> Callable[[AccessEntry], str]:
    """Return what shows a header of the request, or of its answer."""
    key = name.lower().encode("ascii")
    if of_response:
        return lambda entry: _show(entry.response_header(key))
    return lambda entry: _show(entry.request_header(key))


ATOMS: dict[str, Callable[[AccessEntry], str]] = {
    "h": lambda entry: escape(entry.client or NOTHING),
    "l": lambda _entry: NOTHING,
    "u": _user,
    "t": _date,
    "r": _request_line,
    "m": lambda entry: NOTHING if entry.request is None else entry.request.method,
    "U": _path,
    "q": _query,
    "H": lambda entry: entry.protocol,
    "s": lambda entry: str(entry.status),
    "B": lambda entry: str(entry.response_bytes),
    "b": lambda entry: str(entry.response_bytes) if entry.response_bytes else NOTHING,
    "f": header_atom("Referer", of_response=False),
    "a": header_atom("User-Agent", of_response=False),
    "T": lambda entry: str(entry.duration_ns // 1_000_000_000),
    "M": lambda entry: str(entry.duration_ns // 1_000_000),
    "D": lambda entry: str(entry.duration_ns // 1000),
    "L": lambda entry: f"{entry.duration_ns / 1e9:.6f}",
    "p": lambda _entry: f"<{PID}>",
    "request_id": lambda entry: entry.request_id or NOTHING,
}
