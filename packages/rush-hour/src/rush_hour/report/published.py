"""Published figures beside measured ones: goodput is computed for both, whatever was published."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from rush_hour.results.document import System
from rush_hour.results.run import Run
from rush_hour.toml_file import TomlFile


class PublishedFigures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Published figures of one system, as wrk2 has them."""

    name: str
    rate_per_s: float
    duration_s: Annotated[float, Meta(gt=0)]
    requests: Annotated[int, Meta(gt=0)]
    non_2xx_or_3xx: int
    latency_mean_us: float
    latency_max_us: float


class Published(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of published figures and where they come from."""

    source: str
    systems: list[PublishedFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One side of a comparison; latencies are of all answers, good and bad, as wrk2's are."""

    rate_per_s: float
    requests_per_s: float
    goodput_per_s: float
    bad_ratio: float
    mean_us: float | None
    max_us: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides of one system; `measured` is None when it was not."""

    name: str
    published: Figures
    measured: Figures | None


def read_published(path: Path) -> Published:
    """Read a file of published figures.

    Raises:
        UsageError: it cannot be read, or something in it is not what it must be.
    """
    published: Published = TomlFile.read(path).convert(Published)
    return published


def compare(published: Published, systems: Sequence[System]) -> list[Comparison]:
    """Put measured systems beside the published ones of the same name; systems that were not benched are left out."""
    measured = {system.name: system.run for system in systems}
    return [
        Comparison(name=figures.name, published=_published(figures), measured=_measured(measured[figures.name]))
        for figures in published.systems
        if figures.name in measured
    ]


def _published(figures: PublishedFigures) -> Figures:
    return Figures(
        rate_per_s=figures.rate_per_s,
        requests_per_s=figures.requests / figures.duration_s,
        goodput_per_s=(figures.requests - figures.non_2xx_or_3xx) / figures.duration_s,
        bad_ratio=figures.non_2xx_or_3xx / figures.requests,
        mean_us=figures.latency_mean_us,
        max_us=figures.latency_max_us,
    )


def _measured(run: Run | None) -> Figures | None:
    if run is None:
        return None
    result = run.result
    sides = [side for side in (result.latency_us, result.latency_bad_us) if side is not None]
    count = sum(side.count for side in sides)
    return Figures(
        rate_per_s=run.plan.rate_per_s or result.rate_per_s,
        requests_per_s=result.responses_total / result.elapsed_s,
        goodput_per_s=result.goodput_per_s,
        bad_ratio=result.bad_ratio or 0.0,
        mean_us=sum(side.mean * side.count for side in sides) / count if count else None,
        max_us=max(side.max for side in sides) if count else None,
    )
