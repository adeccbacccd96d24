"""What clients saw of a server, and whether two servers showed the same. Pure: no sockets, no clock.

A transcript has a step for each thing that a conversation did, in order. What a server owns, what is random and what
says the time is taken out when a step is noted, so that the rest can be compared as it is.
"""

import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

SERVERS_OWN = {
    "connection",  # RFC 9112, 9.3: a connection is kept if nobody says otherwise; whether it is, is compared itself
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",  # RFC 9112, 6.1: a property of the message as it was sent, not of what is sent
}
MASK = "..."
MASKS = (r"boundary=(\w+)", r"(?m)^--(\w{26,})(?:--)?\r?$")  # of several ranges in one answer
COOKIE = re.compile(r"^([^=;]+)=([^;]+)")
COOKIE_DATE = re.compile(r"(expires)=[^;]+", re.IGNORECASE)
COMPLAINTS = [
    re.compile(rf"(?m)^.*{text}.*$")
    for text in (
        "Traceback",
        r"\b(?:ERROR|CRITICAL)\b",
        "was destroyed but it is pending",
        "never (?:retrieved|awaited)",
    )
]
SHOWN_CHARACTERS = 160
AROUND_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a conversation did.

    Attributes:
        name: what it was.
        seen: what came of it, by aspects such as status, fields and body.
    """

    name: str
    seen: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Transcript:
    """All steps of one conversation.

    Attributes:
        masks: patterns of what differs from run to run; of a pattern with a group, only the group is masked.
    """

    masks: Sequence[str] = ()
    steps: list[Step] = field(default_factory=list)

    def note_answer(self, name: str, status: str, fields: Iterable[tuple[str, str]], body: Any, **seen: Any) -> None:
        """Add the step of an HTTP request. What follows from a body that is masked is left out."""
        is_masked = self._masked(body) != (body_text(body) if isinstance(body, bytes) else body)
        left_out = {"content-length", "etag"} if is_masked else {"content-length"}
        found = [*comparable_fields(fields)]
        lengths = [] if is_masked or " 204 " in status else [value for name, value in found if name == "content-length"]
        texts = [f"{name}: {value}" for name, value in found if name not in left_out]
        self.note(name, status=status, fields=texts, lengths=lengths, body=body, **seen)

    def note(self, name: str, **seen: Any) -> None:
        """Add a step; every text in it is masked."""
        self.steps.append(Step(name=name, seen={aspect: self._masked(value) for aspect, value in seen.items()}))

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            for pattern in (*MASKS, *self.masks):
                value = re.sub(pattern, _mask, value)
            return value
        if isinstance(value, bytes):
            return body_text(value, self._masked)
        if isinstance(value, Mapping):
            return {self._masked(key): self._masked(each) for key, each in value.items()}
        return [self._masked(each) for each in value] if isinstance(value, list | tuple) else value


def _mask(match: re.Match[str]) -> str:
    if not match.re.groups:
        return MASK
    whole, (begin, end), offset = match[0], match.span(1), match.start()
    return whole[: begin - offset] + MASK + whole[end - offset :]


def comparable_fields(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the fields of an answer's head that two servers must have in common, sorted."""
    found = []
    for name, value in ((name.lower(), value) for name, value in fields):
        if name == "set-cookie":
            found.append((name, _comparable_cookie(value)))
        elif name not in SERVERS_OWN:
            found.append((name, MASK if name == "expires" else value))
    return sorted(found)


def _comparable_cookie(value: str) -> str:
    return COOKIE_DATE.sub(rf"\1={MASK}", COOKIE.sub(rf"\1={MASK}", value))


def body_text(body: bytes, masked: Any = str) -> str:
    """Return a body as text, if it is some; else its length and its digest."""
    try:
        return str(masked(body.decode()))
    except UnicodeDecodeError:
        return f"{len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"


def log_complaints(reference: str, ours: str) -> list[str]:
    """Return the complaints in our log, by kinds of which there are more than in the other's.

    A request that fails by the application's doing is in both.
    """
    return [
        f"in the log: {match[0]}"
        for pattern in COMPLAINTS
        if len(found := [*pattern.finditer(ours)]) > len(pattern.findall(reference))
        for match in found
    ]


def differences(reference: Transcript, ours: Transcript, known: Container[str] = ()) -> list[str]:
    """Return in words what the second transcript has otherwise, except in steps that are known to differ."""
    found: list[str] = []
    for expected, got in zip_longest(reference.steps, ours.steps):
        if expected is None or got is None or expected.name != got.name:
            names = [step.name if step else "nothing" for step in (expected, got)]
            return [*found, f"step {names[0]!r} expected, {names[1]!r} came"]
        if expected.name not in known:
            found += [f"{expected.name}: {text}" for text in _aspects(expected.seen, got.seen)]
        elif expected.seen == got.seen:
            found.append(f"{expected.name}: it is said to differ, and does not")
    return found


def _aspects(expected: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for aspect in sorted(expected.keys() | got.keys()):
        left, right = expected.get(aspect), got.get(aspect)
        # RFC 9110, 8.6: a server that knows the length may say it
        if left == right or (aspect == "lengths" and not (left and right)):
            continue
        if isinstance(left, list) and isinstance(right, list):
            left, right = ([each for each in one if each not in other] for one, other in ((left, right), (right, left)))
        yield f"{aspect}: {' | '.join(_around_difference(str(left), str(right)))}"


def _around_difference(left: str, right: str) -> tuple[str, str]:
    same = next((place for place, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), 0)
    begin = max(0, same - AROUND_CHARACTERS) if max(len(left), len(right)) > SHOWN_CHARACTERS else 0
    return left[begin : begin + SHOWN_CHARACTERS], right[begin : begin + SHOWN_CHARACTERS]
