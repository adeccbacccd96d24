"""Durations, rates and counts as people write them on a command line, and numbers as people read them."""

import math
import re

from rush_hour.errors import UsageError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_DURATION_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
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


def parse_rate_per_s(text: str, *, what: str) -> float:
    """Read requests per second above 0, such as `500`, `0.5` or `2.5k`.

    Raises:
        UsageError: it is not a rate above 0.
    """
    rate_per_s = _parse_scaled(text)
    if not 0 < rate_per_s < math.inf:
        raise UsageError(f"{what}: expected requests per second above 0, such as 500 or 2.5k; got {text!r}.")
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


def _parse_scaled(text: str) -> float:
    match = _COUNT.fullmatch(text)
    return float(match[1]) * _COUNT_UNITS[(match[2] or "").lower()] if match else 0.0


def format_duration_us(duration_us: float) -> str:
    """Return a duration for reading: `850 µs`, `12.3 ms`, `1.72 s`."""
    if duration_us < 1_000:
        return f"{duration_us:.0f} µs"
    if duration_us < 1_000_000:
        return f"{_three_digits(duration_us / 1_000)} ms"
    return f"{_three_digits(duration_us / 1_000_000)} s"


def format_bytes(size_bytes: float) -> str:
    """Return a size for reading: `512 B`, `6.8 KiB`, `345 MiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{_three_digits(size)} {unit}"
        size /= 1024
    return f"{_three_digits(size)} GiB"


def format_count(count: float) -> str:
    """Return a count for reading, with a comma between thousands: `1,197,819`."""
    return f"{count:,.0f}"


def _three_digits(number: float) -> str:
    return f"{number:.{max(0, 2 - (len(str(int(number))) - 1))}f}"
