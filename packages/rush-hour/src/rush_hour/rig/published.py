"""Published figures of a suite's systems, read from a file of what wrk2 printed; goodput is computed."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from rush_hour.results.document import SystemFigures
from rush_hour.toml_file import TomlFile


class _Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Published figures of one system, as wrk2 has them."""

    name: str
    rate_per_s: float
    duration_s: Annotated[float, Meta(gt=0)]
    requests: Annotated[int, Meta(gt=0)]
    non_2xx_or_3xx: int
    latency_mean_us: float
    latency_max_us: float

    def figures(self) -> SystemFigures:
        """Return what is compared."""
        return SystemFigures(
            name=self.name,
            rate_per_s=self.rate_per_s,
            requests_per_s=self.requests / self.duration_s,
            goodput_per_s=(self.requests - self.non_2xx_or_3xx) / self.duration_s,
            bad_ratio=self.non_2xx_or_3xx / self.requests,
            mean_us=self.latency_mean_us,
            max_us=self.latency_max_us,
        )


class _Published(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of published figures and where they come from."""

    source: str
    systems: list[_Entry]


def read_published(path: Path) -> list[SystemFigures]:
    """Read a file of published figures.

    Raises:
        UsageError: it cannot be read, or something in it is not what it must be.
    """
    published: _Published = TomlFile.read(path).convert(_Published)
    return [entry.figures() for entry in published.systems]
