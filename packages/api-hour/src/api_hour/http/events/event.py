"""One server-sent event as text (WHATWG HTML, 9.2: server-sent events). Pure."""

import re
from dataclasses import dataclass

PING = b":\n\n"  # a comment, which clients ignore

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSentEvent:
    """An event.

    Args:
        data: its text, of any number of lines.
        event: its type; None for `message`.
        id: what a client that comes back says in `Last-Event-ID`.
        retry_ms: after how long a client shall come back.

    Raises:
        ValueError: a type or an id is more than one line, or an id has a NUL, which clients ignore.
    """

    data: str
    event: str | None = None
    id: str | None = None
    retry_ms: int | None = None

    def __post_init__(self) -> None:
        for field, value in (("event", self.event), ("id", self.id)):
            if value is not None and ("\0" in value or _LINE_END.search(value)):
                raise ValueError(f"server-sent event: expected one line without NUL as {field}, got {value!r}")

    def encode(self) -> bytes:
        """Return the event as it is sent."""
        lines = []
        if self.event is not None:
            lines.append(f"event: {self.event}\n")
        if self.id is not None:
            lines.append(f"id: {self.id}\n")
        if self.retry_ms is not None:
            lines.append(f"retry: {self.retry_ms}\n")
        lines += [f"data: {line}\n" for line in _LINE_END.split(self.data)]
        return ("".join(lines) + "\n").encode()
