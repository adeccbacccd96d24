"""Expectations: the good answer, and the first difference of one that is not. Only good answers are goodput.

Pure: an answer goes in, yes or no comes out.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Literal

SUCCESSFUL = frozenset(range(200, 300))  # RFC 9110, section 15.3
BODY_LIMIT_BYTES = 256 * 1024 * 1024  # a longer body is good only where any body is

EXCERPT_BYTES = 24  # of a body, from a little before the first difference

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAnswer:
    """An answer that was not good, and why.

    Attributes:
        differs: `status`, `body`, `script` or `value`: what of it was not as expected; a value is one that was to be
            taken from it.
        what: what came and what was expected, with the first difference.
        is_guess: whether the body was expected only because a probe was answered with it.
        begins: its body, or the beginning of it; empty where the body was not looked at.
        request: the name of the request; empty where requests have none.
    """

    status: int
    differs: Literal["status", "body", "script", "value"]
    what: str
    is_guess: bool = False
    begins: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A good answer, as far as it was said: nothing else is asked.

    Attributes:
        statuses: the status codes.
        body: the body, to the byte.
        sha256: the digest of the body, in hexadecimal.
        json: a JSON document that the body equals as JSON: the order of members and white space do not matter.
        is_guess: whether the body is only what a probe was answered: nobody said that it stays the same.
    """

    statuses: frozenset[int] = SUCCESSFUL
    body: bytes | None = None
    sha256: str | None = None
    json: str | None = None
    is_guess: bool = False

    @property
    def needs_body(self) -> bool:
        """Whether the body matters."""
        return not (self.body is None and self.sha256 is None and self.json is None)

    def accepts_body(self, body: bytes) -> bool:
        """Whether an answer with this body can be good."""
        if self.body is not None and body != self.body:
            return False
        if self.sha256 is not None and hashlib.sha256(body).hexdigest() != self.sha256:
            return False
        if self.json is None:
            return True
        canonical = _canonical(body)
        return canonical is not None and canonical == _canonical(self.json)

    def explain(self, status: int, body: bytes) -> BadAnswer | None:
        """Return what of an answer is not as expected, with the first difference; None where nothing is."""
        if status not in self.statuses:
            what = f"status {status}, expected {format_statuses(self.statuses)}"
            return BadAnswer(status=status, differs="status", what=what)
        if self.accepts_body(body):
            return None
        return BadAnswer(status=status, differs="body", what=self._explain_body(body), is_guess=self.is_guess)

    def _explain_body(self, body: bytes) -> str:
        if self.body is not None and body != self.body:
            return _first_difference(body, self.body)
        if self.json is not None:
            return _first_json_difference(body, self.json)
        digest = hashlib.sha256(body).hexdigest()
        return f"a body with SHA-256 {digest}, expected {self.sha256}; it begins with {body[:EXCERPT_BYTES]!r}"


def parse_statuses(text: str) -> frozenset[int] | None:
    """Read status codes such as `200`, `2xx` or `200,404`; None when it is something else."""
    parts = text.split(",")
    if not all(_STATUS.fullmatch(part) for part in parts):
        return None
    return frozenset(
        code
        for part in parts
        for code in ([int(part)] if part.isdigit() else range(int(part[0]) * 100, int(part[0]) * 100 + 100))
    )


def format_statuses(statuses: frozenset[int]) -> str:
    """Return status codes as `parse_statuses` reads them: `2xx,404`."""
    classes = [first for first in range(100, 600, 100) if statuses.issuperset(range(first, first + 100))]
    single = sorted(code for code in statuses if code // 100 * 100 not in classes)
    return ",".join([*(f"{first // 100}xx" for first in classes), *map(str, single)])


def _first_difference(got: bytes, expected: bytes) -> str:
    shorter = min(len(got), len(expected))
    at = next((number for number in range(shorter) if got[number] != expected[number]), shorter)
    begin = max(0, at - EXCERPT_BYTES // 3)
    seen, wanted = got[begin : begin + EXCERPT_BYTES], expected[begin : begin + EXCERPT_BYTES]
    sizes = f"{len(got)} bytes, expected {len(expected)}"
    return f"a body that differs from byte {at} on ({sizes}): {seen!r}, expected {wanted!r}"


def _first_json_difference(got: bytes, expected: str) -> str:
    if _canonical(got) is None:
        return f"a body that is not JSON; it begins with {got[:EXCERPT_BYTES]!r}"
    where, seen, wanted = _difference_of(json.loads(got), json.loads(expected), "$")
    return f"a body whose JSON differs at {where}: {seen}, expected {wanted}"


def _difference_of(got: Any, expected: Any, path: str) -> tuple[str, str, str]:
    """Return where two documents differ first, and what is there; how a number is written matters."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in sorted(expected.keys() | got.keys()):
            if key not in got or key not in expected:
                return f"{path}.{key}", _shown(got, key), _shown(expected, key)
            if _text(got[key]) != _text(expected[key]):
                return _difference_of(got[key], expected[key], f"{path}.{key}")
    if isinstance(got, list) and isinstance(expected, list):
        for number, (one, other) in enumerate(zip(got, expected, strict=False)):
            if _text(one) != _text(other):
                return _difference_of(one, other, f"{path}[{number}]")
        return path, f"{len(got)} items", str(len(expected))
    return path, _cut(_text(got)), _cut(_text(expected))


def _shown(document: dict[str, Any], key: str) -> str:
    return _cut(_text(document[key])) if key in document else "nothing"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _cut(text: str) -> str:
    return text if len(text) <= EXCERPT_BYTES else f"{text[:EXCERPT_BYTES]}..."


def _canonical(document: bytes | str) -> Any:
    """Return a JSON document in one form; its numbers keep the way they are written, `1.0` not being `1`."""
    try:
        return json.dumps(json.loads(document), sort_keys=True)
    except (ValueError, RecursionError):  # the second: nested deeper than Python goes
        return None
