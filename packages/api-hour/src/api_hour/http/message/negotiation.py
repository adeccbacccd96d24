"""Which content coding a client accepts (RFC 9110, 12.5.3). Pure."""

import re
from collections.abc import Sequence

from api_hour.http_token import TOKEN

IDENTITY = "identity"
VARY = ("Vary", "Accept-Encoding")  # of an answer whose coding was chosen

_WEIGHT = r"(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
_ELEMENT = re.compile(f"({TOKEN}){_WEIGHT}", re.IGNORECASE)
_ALIASES = {"x-gzip": "gzip", "x-compress": "compress"}  # RFC 9110, 8.4.1


def choose_coding(accept_encoding: str | None, available: Sequence[str]) -> str:
    """Return the coding to use: one of those that are available, or `identity`.

    The client's highest weight decides, and the order of `available` between equals. `identity` is chosen when the
    client weighs it higher, when it names nothing that is available, and when it accepts nothing at all: an answer
    without a coding is better than none.

    Args:
        accept_encoding: the header; None when it is not there, which says nothing about what the client understands.
        available: coding names in lower case, the best first.
    """
    if accept_encoding is None:
        return IDENTITY
    weights = _weights(accept_encoding)
    any_weight = weights.get("*", 0.0)
    identity_weight = weights.get(IDENTITY, 0.0)
    best = max(available, key=lambda coding: weights.get(coding, any_weight), default=IDENTITY)
    best_weight = weights.get(best, any_weight)
    return best if best_weight > 0.0 and best_weight >= identity_weight else IDENTITY


def _weights(accept_encoding: str) -> dict[str, float]:
    """Return the weight of each coding; malformed elements are left out."""
    weights = {}
    for element in accept_encoding.split(","):
        if match := _ELEMENT.fullmatch(element.strip(" \t")):
            name = match[1].lower()
            weights[_ALIASES.get(name, name)] = float(match[2] or 1)
    return weights
