"""Questions of the soak, and what must be true of the answers. Pure, but for the chance that it is given."""

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from soak_http import Answer, Request

PIECE_BYTES = 1000  # of the service's streams
SIZES = (1, 100, 4096, 65_535, 65_536, 70_000, 131_072, 200_000, 262_144, 300_000, 1_000_000, 5_000_000)

Check = Callable[[Answer], str | None]  # what is wrong with an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request, and what must be true of its answer.

    Attributes:
        what: its name in the table.
        front: who is asked: asgi, nginx or native.
    """

    what: str
    front: str
    request: Request
    check: Check


def small_question(chance: random.Random, front: str, *, with_django: bool = True) -> Question:
    """Ask for something small."""
    kinds = ["bytes", "HEAD", "flight"]
    if front != "native" and with_django:
        kinds += ["204", "204", "django"]
    kind = chance.choice(kinds)
    number = chance.randrange(1, 5000)
    method, path, check = {
        "bytes": ("GET", f"/bytes/{number}", is_body(content(number, number))),
        "HEAD": ("HEAD", f"/bytes/{number}", is_head(number)),
        "flight": ("GET", "/flight", has("number")),
        "204": ("GET", "/django/empty", is_status(204)),
        "django": ("GET", f"/django/text/{number}", is_body(content(number % PIECE_BYTES, number))),
    }[kind]
    return Question(what=f"{kind} of {front}", front=front, request=Request(method=method, path=path), check=check)


def upload_question(chance: random.Random, front: str) -> Question:
    """Send a body, of which the handler reads all, a part, or nothing."""
    body = chance.randbytes(chance.choice(SIZES) + chance.randrange(10))
    own_paths = ("/stream-upload",) if front == "native" else ("/django/upload", "/part")
    path = chance.choice(("/upload", "/upload", "/ignore", *own_paths))
    check = is_status(200) if path in ("/part", "/ignore") else is_digest_of(body)
    request = Request(method="PUT", path=path, body=body)
    return Question(what=f"upload, {path} of {front}", front=front, request=request, check=check)


def stream_question(chance: random.Random, front: str) -> Question:
    """Ask for an answer that comes in pieces."""
    number = chance.randrange(1, 100)
    check = is_body(b"".join(content(PIECE_BYTES, seed) for seed in range(number)))
    request = Request(method="GET", path=f"/stream/{number}")
    return Question(what=f"stream of {front}", front=front, request=request, check=check)


def content(size_bytes: int, seed: int) -> bytes:
    """Return what the service sends, worked out here."""
    return hashlib.shake_128(b"%d" % seed).digest(size_bytes)


def is_status(status: int) -> Check:
    """Ask for a status."""
    return lambda answer: None if answer.status == status else _got(answer)


def is_body(body: bytes) -> Check:
    """Ask for a body."""

    def check(answer: Answer) -> str | None:
        if answer.status != 200:
            return _got(answer)
        return None if answer.body == body else f"{len(answer.body)} other bytes than the {len(body)} expected"

    return check


def is_head(size_bytes: int) -> Check:
    """Ask for the head of a body of some size."""
    return lambda answer: (
        None if (answer.status, answer.headers.get("content-length")) == (200, str(size_bytes)) else _got(answer)
    )


def is_digest_of(body: bytes) -> Check:
    """Ask for what an upload is answered with."""
    return has(bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def has(*names: str, **pairs: object) -> Check:
    """Ask for a JSON document with some names and pairs."""

    def check(answer: Answer) -> str | None:
        if answer.status != 200:
            return _got(answer)
        document = json.loads(answer.body)
        is_right = all(name in document for name in names) and {**document, **pairs} == document
        return None if is_right else _got(answer)

    return check


def _got(answer: Answer) -> str:
    return f"got {answer.status} {dict(answer.headers)} {answer.body[:100]!r}"
