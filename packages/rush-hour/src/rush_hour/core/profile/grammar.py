"""Profiles as they are written in one word: what kind, which rates, for how long.

    ramp:FROM..TO/TIME            one phase, whose rate changes evenly from FROM to TO
    steps:RATE,RATE.../TIME       a phase of each rate, each so long
    spike:BASE..PEAK/TIME/WHOLE   BASE, PEAK for so long, BASE again until WHOLE is over; the peak begins after a third
                                  of WHOLE, and is at most another third of it
    soak:RATE/TIME                one rate, in 8 phases of equal length, so that what drifts over time shows

Rates and times are those of `--rate` and `--duration`. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rush_hour.core.profile.profile import PHASES_LIMIT, LoadProfile, Phase
from rush_hour.errors import UsageError
from rush_hour.units import parse_duration_s, parse_rate_per_s

SOAK_PARTS = 8


def parse_profile(text: str, *, what: str) -> LoadProfile | None:
    """Read a profile in one word; None where it begins with no kind of them, so that a file may be meant.

    Args:
        text: what was written.
        what: the option or key it was written for.

    Raises:
        UsageError: it is not one of its kind.
    """
    name, colon, rest = text.partition(":")
    kind = _KINDS.get(name)
    if not colon or kind is None:
        return None
    match = re.fullmatch(kind.pattern, rest)
    if match is None:
        raise UsageError(f"{what}: expected {kind.shape}, such as {kind.example}; got {text!r}.")
    try:
        return LoadProfile(text=text, phases=tuple(kind.read(match)))
    except UsageError as error:
        raise UsageError(f"{what}: {kind.shape}: {error}") from error
    except ValueError as error:
        raise UsageError(f"{what}: {kind.shape}: {error}.") from error


def _ramp(match: re.Match[str]) -> Sequence[Phase]:
    begin_per_s = parse_rate_per_s(match["first"], what="FROM", zero_is_fine=True)
    end_per_s = parse_rate_per_s(match["other"], what="TO", zero_is_fine=True)
    if begin_per_s == end_per_s:
        raise UsageError(f"expected two rates that differ, got {match['first']!r} and {match['other']!r}.")
    duration_s = parse_duration_s(match["time"], what="TIME")
    return [Phase(name="ramp", from_per_s=begin_per_s, to_per_s=end_per_s, duration_s=duration_s)]


def _steps(match: re.Match[str]) -> Sequence[Phase]:
    texts = match["rates"].split(",")
    if not 2 <= len(texts) <= PHASES_LIMIT:
        raise UsageError(f"expected 2 to {PHASES_LIMIT} rates, got {len(texts)}.")
    duration_s = parse_duration_s(match["time"], what="TIME")
    rates_per_s = [parse_rate_per_s(text, what="RATE") for text in texts]
    return [Phase.constant(f"step {number}", rate, duration_s) for number, rate in enumerate(rates_per_s, start=1)]


def _spike(match: re.Match[str]) -> Sequence[Phase]:
    base_per_s = parse_rate_per_s(match["first"], what="BASE")
    peak_per_s = parse_rate_per_s(match["other"], what="PEAK")
    if peak_per_s <= base_per_s:
        raise UsageError(f"expected a PEAK above BASE ({match['first']}), got {match['other']!r}.")
    peak_s, whole_s = (parse_duration_s(match[key], what=key.upper()) for key in ("time", "whole"))
    before_s = whole_s / 3
    if peak_s > before_s:
        raise UsageError(f"expected a TIME of at most a third of WHOLE ({match['whole']}), got {match['time']!r}.")
    return [
        Phase.constant("before", base_per_s, before_s),
        Phase.constant("peak", peak_per_s, peak_s),
        Phase.constant("after", base_per_s, whole_s - before_s - peak_s),
    ]


def _soak(match: re.Match[str]) -> Sequence[Phase]:
    rate_per_s = parse_rate_per_s(match["rate"], what="RATE")
    part_s = parse_duration_s(match["time"], what="TIME") / SOAK_PARTS
    return [Phase.constant(f"part {number}", rate_per_s, part_s) for number in range(1, SOAK_PARTS + 1)]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of profile: its form, for reading and as a pattern, an example, and what reads what follows its name."""

    shape: str
    example: str
    pattern: str
    read: Callable[[re.Match[str]], Sequence[Phase]]


_SPAN = r"(?P<first>[^/]*?)\.\.(?P<other>[^/]*)"
_TIME, _WHOLE = r"/(?P<time>[^/]*)", r"/(?P<whole>[^/]*)"
_KINDS = {
    kind.shape.partition(":")[0]: kind
    for kind in (
        _Kind("ramp:FROM..TO/TIME", "ramp:100..2000/60s", _SPAN + _TIME, _ramp),
        _Kind("steps:RATE,RATE.../TIME", "steps:100,500,1000/30s", r"(?P<rates>[^/]*)" + _TIME, _steps),
        _Kind("spike:BASE..PEAK/TIME/WHOLE", "spike:200..2000/10s/2m", _SPAN + _TIME + _WHOLE, _spike),
        _Kind("soak:RATE/TIME", "soak:500/8h", r"(?P<rate>[^/]*)" + _TIME, _soak),
    )
}
SHAPES = tuple(kind.shape for kind in _KINDS.values())
