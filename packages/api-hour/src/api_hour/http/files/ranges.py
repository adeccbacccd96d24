"""Parts of a representation: which bytes a Range header asks for (RFC 9110, section 14).

Ranges that are malformed, in another unit, or that cost more than they are worth (more than MAX_RANGES, or two that
overlap; 14.2 and 17.15) are ignored: the whole is sent. Pure.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_RANGES = 16

_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE)
_RANGE = re.compile(r"(?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})?|-(?P<suffix>[0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A range of bytes, the first and the last one included."""

    first: int
    last: int

    @property
    def size_bytes(self) -> int:
        """The number of its bytes."""
        return self.last - self.first + 1

    def content_range(self, whole_bytes: int) -> str:
        """Return the value of the Content-Range header of this part (RFC 9110, 14.4)."""
        return f"bytes {self.first}-{self.last}/{whole_bytes}"


def unsatisfied_range(whole_bytes: int) -> str:
    """Return the value of the Content-Range header of a 416 answer (RFC 9110, 14.4 and 15.5.17)."""
    return f"bytes */{whole_bytes}"


def parse_ranges(value: str, whole_bytes: int) -> list[ByteRange] | None:
    """Return the parts that a Range header asks for, in its order.

    Args:
        value: of the header.
        whole_bytes: the size of the whole.

    Returns:
        None: the header is to be ignored. An empty list: none of its ranges is there (416).
    """
    header = _RANGES.fullmatch(value)
    if header is None:
        return None
    asked = [text for part in header[1].split(",") if (text := part.strip(" \t"))]
    if not 1 <= len(asked) <= MAX_RANGES:
        return None
    found = []
    for text in asked:
        match = _RANGE.fullmatch(text)
        if match is None or (match["last"] is not None and int(match["last"]) < int(match["first"])):
            return None
        if (byte_range := _in_whole(match, whole_bytes)) is not None:
            found.append(byte_range)
    return None if _overlap(found) else found


def _in_whole(match: re.Match[str], whole_bytes: int) -> ByteRange | None:
    """Return the range as far as it is there; None when it is not (RFC 9110, 14.1.2)."""
    end = whole_bytes - 1
    if match["suffix"] is not None:
        first, last = max(whole_bytes - int(match["suffix"]), 0), end
    else:
        first, last = int(match["first"]), min(int(match["last"] or end), end)
    return ByteRange(first, last) if first <= last else None


def _overlap(ranges: list[ByteRange]) -> bool:
    ordered = sorted(ranges, key=lambda one: one.first)
    return any(before.last >= after.first for before, after in pairwise(ordered))


def multipart_parts(
    ranges: list[ByteRange], whole_bytes: int, *, content_type: str, boundary: str
) -> list[ByteRange | bytes]:
    """Return what the body of an answer with several ranges is made of (RFC 9110, 14.6).

    Args:
        ranges: the parts.
        whole_bytes: the size of the whole.
        content_type: of the whole.
        boundary: must not be in the content.
    """
    parts: list[ByteRange | bytes] = []
    for number, byte_range in enumerate(ranges):
        line_end = "\r\n" if number else ""
        content_range = byte_range.content_range(whole_bytes)
        head = f"{line_end}--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {content_range}\r\n\r\n"
        parts += [head.encode("latin-1"), byte_range]
    return [*parts, f"\r\n--{boundary}--\r\n".encode("ascii")]


def size_of(parts: list[ByteRange | bytes]) -> int:
    """Return how many bytes parts are together."""
    return sum(len(part) if isinstance(part, bytes) else part.size_bytes for part in parts)
