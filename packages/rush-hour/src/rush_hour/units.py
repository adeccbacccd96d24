"""Durations, rates and counts as people write them on a command line; numbers and names as people read them."""

import math
import re
from collections.abc import Sequence

from rush_hour.errors import UsageError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_DURATION_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_COUNT = re.compile(r"(\d+(?:\.\d+)?)([kKmM])?")
_COUNT_UNITS = {"k": 1_000, "m": 1_000_000, "": 1}


def parse_duration_s(text: str, *, what: str, zero_is_fine: bool = False) -> float:
    """Read a duration above 0, such as `10`, `10s`, `1.5s`, `500ms`, `5m` or `1h`, and return seconds.

    Args:
        text: what was written; a number without a unit is in seconds.
        what: the option or key it was written for.
        zero_is_fine: whether 0 may be written, to leave something out.

    Raises:
        UsageError: it is not a duration above 0.
    """
    match = _DURATION.fullmatch(text)
    duration_s = float(match[1]) * _DURATION_UNITS_S[match[2]] if match else 0.0
    if not 0 < duration_s < math.inf and not (match and zero_is_fine and duration_s == 0):
        raise UsageError(f"{what}: expected a duration above 0, such as 10s, 500ms or 5m; got {text!r}.")
    return duration_s


def parse_rate_per_s(text: str, *, what: str, zero_is_fine: bool = False) -> float:
    """Read requests per second above 0, such as `500`, `0.5` or `2.5k`.

    Args:
        text: what was written.
        what: the option or key it was written for.
        zero_is_fine: whether 0 may be written, for none.

    Raises:
        UsageError: it is not a rate above 0.
    """
    rate_per_s = _parse_scaled(text)
    if not 0 < rate_per_s < math.inf and not (zero_is_fine and rate_per_s == 0 and _COUNT.fullmatch(text)):
        least = "from 0 on, such as 0, 500" if zero_is_fine else "above 0, such as 500"
        raise UsageError(f"{what}: expected requests per second {least} or 2.5k; got {text!r}.")
    return rate_per_s


def parse_count(text: str, *, what: str) -> int:
    """Read a whole number above 0, such as `400` or `10k`.

    Raises:
        UsageError: it is not a whole number above 0.
    """
    count = _parse_scaled(text)
    if count <= 0 or not count.is_integer():
        raise UsageError(f"{what}: expected a whole number above 0, such as 400 or 10k; got {text!r}.")
    return int(count)


def parse_percent(text: str, *, what: str) -> float:
    """Read a share in per cent, such as `2%`, and return the ratio, from 0 to 1.

    Raises:
        UsageError: it is no share above 0 and below 100 %.
    """
    match = _PERCENT.fullmatch(text)
    ratio = float(match[1]) / 100 if match else 0.0
    if not 0 < ratio < 1:
        raise UsageError(f"{what}: expected a share above 0% and below 100%, such as 2%; got {text!r}.")
    return ratio


def _parse_scaled(text: str) -> float:
    match = _COUNT.fullmatch(text)
    return float(match[1]) * _COUNT_UNITS[(match[2] or "").lower()] if match else 0.0


def format_duration_s(duration_s: float) -> str:
    """Return a duration of whole seconds, minutes or hours as it may be written: `90s`, `30m`, `2h`."""
    for unit, size_s in (("h", 3600), ("m", 60)):
        if duration_s >= size_s and duration_s % size_s == 0:
            return f"{duration_s / size_s:.0f}{unit}"
    return f"{duration_s:g}s"


def format_duration_us(duration_us: float) -> str:
    """Return a duration for reading: `850 µs`, `12.3 ms`, `1.72 s`."""
    if duration_us < 999.5:  # which is 1.00 ms when it is rounded
        return f"{duration_us:.0f} µs"
    if duration_us < 999_500:
        return f"{three_digits(duration_us / 1_000)} ms"
    return f"{three_digits(duration_us / 1_000_000)} s"


def format_bound_us(duration_us: float) -> str:
    """Return a duration that is not exceeded, for reading: three digits, rounded up."""
    if duration_us < 1_000:
        return format_duration_us(math.ceil(duration_us))
    unit = 10 ** (math.floor(math.log10(duration_us)) - 2)
    return format_duration_us(math.ceil(duration_us / unit) * unit)


def format_bytes(size_bytes: float) -> str:
    """Return a size for reading: `512 B`, `6.8 KiB`, `345 MiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{three_digits(size)} {unit}"
        size /= 1024
    return f"{three_digits(size)} GiB"


def format_count(count: float) -> str:
    """Return a count for reading, with a comma between thousands: `1,197,819`."""
    return f"{count:,.0f}"


def format_per_s(number: float) -> str:
    """Return a number per second for reading, without its unit: `4,000`, `99.1`, `0.5`."""
    return f"{number:,.0f}" if number >= 99.95 or number == 0 else f"{number:.3g}"


def format_percent(ratio: float) -> str:
    """Return a share from 0 to 1 for reading: `86 %`, `0.3 %`; none that is a little less than all becomes `100 %`."""
    percent = 100 * ratio
    if percent <= 0 or percent >= 100:
        return f"{percent:.0f} %"
    if percent < 0.1:
        return "less than 0.1 %"
    return f"{percent:.0f} %" if 10 <= percent < 99 else f"{min(percent, 99.9):.1f} %"


def join_names(names: Sequence[str], word: str = "and") -> str:
    """Return names for reading: `a`, `a and b`, `a, b and c`; with another word, where it is not all of them."""
    return f" {word} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def three_digits(number: float) -> str:
    """Return a number above 0 in three digits, or as many as its whole part has; at most three are behind the point."""
    decimals = 0 if number >= 99.95 else 1 if number >= 9.995 else 2 if number >= 0.9995 else 3
    return f"{number:,.{decimals}f}"
