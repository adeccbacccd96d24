"""Conditional requests: is what the client has still what is here (RFC 9110, section 13).

Rule that must hold: the preconditions are evaluated in the order of 13.2.2, so If-Match goes before
If-Unmodified-Since, If-None-Match before If-Modified-Since, and all of them before If-Range. Only entity tags that are
strong protect a change or join ranges (8.8.3.2). A date that is none is as if it were not there.
Pure: the time comes in as an argument.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from api_hour.http.message.http_date import parse_http_date

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'  # RFC 9110, 8.8.3
_ENTITY_TAG = re.compile(_TAG)
_TAG_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")  # with empty elements (5.6.1.2)

STRONG_AFTER_S = 1.0  # a date says exactly which state it means when a second has passed since (8.8.2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """The validators of a resource: they tell one state of it from another.

    Args:
        etag: the entity tag, with its quotes, such as `"v7"` or `W/"v7"`; None for none.
        last_modified_s: when it changed last, in seconds since 1970; None when that is not known.

    Raises:
        ValueError: the entity tag is none.
    """

    etag: str | None = None
    last_modified_s: int | None = None

    def __post_init__(self) -> None:
        if self.etag is not None and not _ENTITY_TAG.fullmatch(self.etag):
            raise ValueError(f'etag: expected an entity tag in quotes, such as "v7" or W/"v7", got {self.etag!r}')


def precondition_status(
    method: str, headers: Mapping[str, str], current: Validators | None, *, now_s: float
) -> int | None:
    """Return 304 or 412 when a precondition says so; None when the request is to be answered (RFC 9110, 13.2.2).

    Args:
        method: of the request.
        headers: by lower-case name.
        current: of what is here; None when nothing is.
        now_s: the time, in seconds since 1970.
    """
    if (if_match := headers.get("if-match")) is not None:
        if not _matches(if_match, current, is_strong=True):
            return 412
    elif (since := headers.get("if-unmodified-since")) is not None and _is_modified_since(since, current, now_s):
        return 412
    is_read = method in ("GET", "HEAD")
    if (if_none_match := headers.get("if-none-match")) is not None:
        if _matches(if_none_match, current, is_strong=False):
            return 304 if is_read else 412
    elif (
        is_read
        and (since := headers.get("if-modified-since")) is not None
        and _is_modified_since(since, current, now_s) is False
    ):
        return 304
    return None


def range_applies(headers: Mapping[str, str], current: Validators, *, now_s: float) -> bool:
    """Tell whether If-Range lets the Range header count (RFC 9110, 13.1.5).

    The comparison is a strong one: a weak entity tag, and a date of the last second, never match. A date must be the
    very date that was sent.
    """
    validator = headers.get("if-range")
    if validator is None:
        return True
    if _ENTITY_TAG.fullmatch(validator):
        return validator == current.etag and not validator.startswith("W/")
    date_s = parse_http_date(validator, now_s=now_s)
    return date_s is not None and date_s == current.last_modified_s and now_s - date_s >= STRONG_AFTER_S


def _matches(value: str, current: Validators | None, *, is_strong: bool) -> bool:
    """Tell whether what is here is in a list of entity tags, or there at all for `*` (RFC 9110, 13.1.1 and 13.1.2)."""
    if value.strip(" \t") == "*":
        return current is not None
    if current is None or current.etag is None or not _TAG_LIST.fullmatch(value):
        return False
    tags = _ENTITY_TAG.findall(value)
    if is_strong:
        return current.etag in tags and not current.etag.startswith("W/")
    return current.etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}


def _is_modified_since(value: str, current: Validators | None, now_s: float) -> bool | None:
    """Tell whether what is here changed after a date; None when one of the two dates is not known."""
    date_s = parse_http_date(value, now_s=now_s)
    if date_s is None or current is None or current.last_modified_s is None:
        return None
    return current.last_modified_s > date_s
