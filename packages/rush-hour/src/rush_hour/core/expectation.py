"""What a good answer is. Only good answers are goodput.

Pure: an answer goes in, yes or no comes out.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

BELOW_400 = frozenset(range(100, 400))
BODY_LIMIT_BYTES = 256 * 1024 * 1024  # a longer body is good only where any body is

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a good answer is; what is not said is not asked.

    Attributes:
        statuses: the status codes.
        body: the body, to the byte.
        sha256: the digest of the body, in hexadecimal.
        json: a JSON document that the body equals as JSON: the order of members and white space do not matter.
    """

    statuses: frozenset[int] = BELOW_400
    body: bytes | None = None
    sha256: str | None = None
    json: str | None = None

    @property
    def needs_body(self) -> bool:
        """Whether the body matters."""
        return not (self.body is None and self.sha256 is None and self.json is None)

    @property
    def is_body_alone(self) -> bool:
        """Whether one body, and no other, is good."""
        return self.body is not None and self.sha256 is None and self.json is None

    def accepts_body(self, body: bytes) -> bool:
        """Whether an answer with this body can be good."""
        if self.body is not None and body != self.body:
            return False
        if self.sha256 is not None and hashlib.sha256(body).hexdigest() != self.sha256:
            return False
        return self.json is None or _canonical(body) == _canonical(self.json)


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


def _canonical(document: bytes | str) -> Any:
    """Return a JSON document in one form; its numbers keep the way they are written, `1.0` not being `1`."""
    try:
        return json.dumps(json.loads(document), sort_keys=True)
    except ValueError:
        return None
