"""The metric that a figure is shown as: declared beside the figure itself, in `facts.py`, and read from there.

Pure.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_type_hints


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is shown as a metric.

    Attributes:
        name: the metric's, as Prometheus wants names: with its unit in base units, without `_total`.
        documentation: a sentence.
        label: by which a figure is divided that is a mapping: the label's values are its keys.
    """

    name: str
    documentation: str
    label: str = ""


class Gauge(Figure):
    """A figure that goes up and down."""

    __slots__ = ()


class Counter(Figure):
    """A figure that only grows."""

    __slots__ = ()


def figures_of(picture: type[object]) -> Iterator[tuple[str, Figure]]:
    """Give the figures of a dataclass, each after its field, in their order."""
    for field, hint in get_type_hints(picture, include_extras=True).items():
        for said in getattr(hint, "__metadata__", ()):
            if isinstance(said, Figure):
                yield field, said
