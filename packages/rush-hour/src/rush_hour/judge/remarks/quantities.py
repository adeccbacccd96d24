"""Quantities in sentences: numbers, and durations of any unit. Sentences that differ in nothing else become one.

No quantity is what is part of a name, an address, a quotation or a status, or follows the first sentence: that may be
what a server said. Pure.
"""

import re
from collections.abc import Sequence

_NUMBER = r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)"
_QUANTITY = re.compile(rf"(?<![\w.,:'/-])(?<!status ){_NUMBER}(?: (?P<unit>µs|ms|s)\b|(?=%|[\s),;]|\.?$))")
_UNITS_US = {"µs": 1.0, "ms": 1e3, "s": 1e6, None: 1.0}


def without_quantities(sentence: str) -> str:
    """Return what is left of a sentence, to compare it with others."""
    first = _first_sentence(sentence)
    return _QUANTITY.sub(lambda match: "\0s" if match["unit"] else "\0", first) + sentence[len(first) :]


def merged(sentences: Sequence[str]) -> str:
    """Return sentences that differ in their quantities alone as one, with the span of each."""
    found = [_QUANTITY.finditer(_first_sentence(sentence)) for sentence in sentences]
    spans = iter([_span(matches) for matches in zip(*found, strict=True)])
    first = _first_sentence(sentences[0])
    return _QUANTITY.sub(lambda _match: next(spans), first) + sentences[0][len(first) :]


def _first_sentence(text: str) -> str:
    end = text.find(". ")
    return text if end < 0 else text[:end]


def _span(matches: Sequence[re.Match[str]]) -> str:
    ordered = sorted(matches, key=_size)
    least, most = ordered[0], ordered[-1]
    if least[0] == most[0]:
        return least[0]
    return f"{least['number']}-{most[0]}" if least["unit"] == most["unit"] else f"{least[0]} to {most[0]}"


def _size(match: re.Match[str]) -> float:
    return float(match["number"].replace(",", "")) * _UNITS_US[match["unit"]]
