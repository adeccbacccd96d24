"""Users: each connection is one, with cookies and values of its own."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rush_hour.core.http.cookies import CookieJar
from rush_hour.core.json_pointer import resolve

CONNECTION = "connection"  # a value that every user has: the number of its connection
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # as placeholders have it
Source = Literal["json", "header", "cookie", "pattern"]
NAMES: dict[Source, str] = {
    "json": "value at", "header": "header", "cookie": "cookie", "pattern": "match of",
}  # fmt: skip


def is_value_name(text: str) -> bool:
    """Whether a value may be called so: letters, digits and underscores, and not what every user has anyway."""
    return _NAME.fullmatch(text) is not None and text != CONNECTION


class NotTaken(LookupError):
    """An answer has not what is to be taken from it; the message says what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A value that is taken from an answer.

    Attributes:
        name: of the value.
        source: where in the answer it is.
        place: a JSON pointer, the name of a header or cookie, or a pattern that is looked for in the body, whose first
            group is the value.
    """

    name: str
    source: Source
    place: str

    def value_in(self, headers: Mapping[bytes, list[bytes]], body: bytes, jar: CookieJar) -> str:
        """Return the value.

        Raises:
            NotTaken: it is not there.
        """
        match self.source:
            case "json":
                found = _in_json(body, self.place)
            case "header":
                values = headers.get(self.place.lower().encode(), [])
                found = values[0].decode("latin-1") if values else None
            case "cookie":
                found = jar.get(self.place)
            case "pattern":
                match_ = re.search(self.place, body.decode("utf-8", "replace"))
                found = None if match_ is None else match_[1 if match_.re.groups else 0]
        if found is None:
            what = f"{NAMES[self.source]} {self.place!r}"
            raise NotTaken(f"no value for {self.name!r}: there is no {what} in the answer")
        return found


def _in_json(body: bytes, pointer: str) -> str | None:
    try:
        found = resolve(json.loads(body), pointer)
    except (ValueError, LookupError, RecursionError):
        return None
    if isinstance(found, str) or found is None:
        return found
    return json.dumps(found)


class User:
    """A user.

    Args:
        connection: the number of its connection.
        row: the values that it has from the beginning.
        jar: for its cookies.

    Attributes:
        values: what is filled in for placeholders, by name.
    """

    __slots__ = ("_jar", "values")

    def __init__(self, connection: int, row: Mapping[str, str], jar: CookieJar) -> None:
        self.values = {**row, CONNECTION: str(connection)}
        self._jar = jar

    def cookie_line(self, path: str) -> bytes:
        """Return the line of a request's head with the cookies; none where there are none.

        Args:
            path: of the request, without its query.
        """
        line = self._jar.line(path, time.time())
        return f"Cookie: {line}\r\n".encode("latin-1") if line else b""

    def hear(self, takes: Sequence[Take], path: str, headers: Mapping[bytes, list[bytes]], body: bytes) -> str | None:
        """Keep cookies and values of an answer, and return which value is missing; None for none.

        Args:
            takes: the values.
            path: of the request.
            headers: of the answer, by lower-case name.
            body: of the answer; only looked at for values.
        """
        cookies = headers.get(b"set-cookie")
        if cookies:
            self._jar.store([cookie.decode("latin-1") for cookie in cookies], path, time.time())
        try:
            for take in takes:
                self.values[take.name] = take.value_in(headers, body, self._jar)
        except NotTaken as error:
            return str(error)
        return None
