"""What is said of a good answer, and what is learned of it from answers before the load. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rush_hour.core.expectation import SUCCESSFUL, Expectation

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, section 9.2.1

Learned = Literal["bytes", "json", "guess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A good answer, as far as it was said.

    Attributes:
        statuses: None for that of a request that was sent before.
        body: what is said of the body; None where it is learned.
        learned: how a body that is learned is compared: to the byte, as JSON, or, as nobody said anything, to the byte
            if it was the same twice.
        learned_of: who answered so, which all others are compared with, such as `the first system`; None for nobody.
    """

    statuses: frozenset[int] | None = None
    body: Expectation | None = None
    learned: Learned = "guess"
    learned_of: str | None = None

    def needs_asking(self, method: str) -> bool:
        """Whether a request is sent before the load: where that changes nothing, or is asked for."""
        if self.body is None and self.learned != "guess":
            return True
        return method in SAFE_METHODS and (self.statuses is None or self.body is None)

    def said(self) -> Expectation:
        """Return what is expected where nothing is learned."""
        return replace(self.body or Expectation(), statuses=self.statuses or SUCCESSFUL)

    def expects(self, statuses: frozenset[int], bodies: Sequence[bytes]) -> Expectation | None:
        """Return what is expected after a request was answered; None where answers that must be the same are not.

        Args:
            statuses: of the answers.
            bodies: of the answers.
        """
        statuses = self.statuses or statuses
        if self.body is not None:
            return replace(self.body, statuses=statuses)
        if self.learned == "json":
            expectation = _as_json(statuses, bodies[0])
            return expectation if expectation is not None and all(map(expectation.accepts_body, bodies)) else None
        is_same = all(body == bodies[0] for body in bodies)
        if not is_same:
            return Expectation(statuses=statuses) if self.learned == "guess" else None
        return Expectation(statuses=statuses, body=bodies[0], is_guess=self.learned == "guess")


def pinned(expectation: Expectation) -> Wanted:
    """Return what is wanted of all other systems, after the first was found to answer so."""
    body = replace(expectation, is_guess=False)
    return Wanted(statuses=expectation.statuses, body=body, learned_of="the first system")


def _as_json(statuses: frozenset[int], body: bytes) -> Expectation | None:
    try:
        text = body.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Expectation(statuses=statuses, json=text)
