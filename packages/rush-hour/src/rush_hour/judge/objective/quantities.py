"""The units of an objective's values: written with them, kept in one of each kind, and shown for reading. Pure."""

import math
import re
from typing import Literal

from rush_hour.units import format_bytes, format_duration_us, format_per_s

Quantity = Literal["duration", "share", "rate", "size"]

# What a unit is in the one that figures are kept in: microseconds, shares of 1, requests per second, bytes.
UNITS: dict[Quantity, dict[str, float]] = {
    "duration": {"us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6, "h": 3600e6},
    "share": {"%": 0.01},
    "rate": {"/s": 1.0, "k/s": 1e3, "M/s": 1e6},
    "size": {"B": 1.0, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "kB": 1e3, "MB": 1e6, "GB": 1e9},
}
EXAMPLES: dict[Quantity, str] = {
    "duration": "a duration with its unit, such as 100ms, 300us or 2s",
    "share": "a share in percent, such as 99.9%",
    "rate": "requests per second, such as 800/s or 2.5k/s",
    "size": "a size with its unit, such as 512MiB",
}
DECIMALS_LIMIT = 12  # of a number; what differs less is the same
NUMBER = r"\d{1,15}(?:\.\d{1,15})?"  # of which every product and ratio is a number, too
_VALUE = re.compile(rf"({NUMBER})\s*(\D*)")


def parse_value(text: str, quantity: Quantity) -> float | None:
    """Return a value in the unit that its quantity is kept in; None where it is not one. 0 needs no unit.

    Args:
        text: a number and its unit.
        quantity: of what it must be.
    """
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    if not unit:
        return 0.0 if number == 0 else None
    factor = UNITS[quantity].get(unit)
    return None if factor is None else _scaled(match[1], factor)


def _scaled(number: str, factor: float) -> float:
    """Return a number times a factor, rounded where the two have no exact product: 99.9% is 0.999."""
    return float(f"{float(number) * factor:.12g}")


def format_value(value: float, quantity: Quantity) -> str:
    """Return a value for reading."""
    match quantity:
        case "duration":
            return format_duration_us(value)
        case "share":
            return f"{math.floor(1e5 * value + 1e-7) / 1e3:g} %" if value < 1 else f"{100 * value:g} %"
        case "rate":
            return f"{format_per_s(value)}/s"
        case "size":
            return format_bytes(value)


def format_beside(value: float, limit: float, quantity: Quantity) -> tuple[str, str]:
    """Return a value and its limit for reading, with as many digits as it takes to tell one from the other."""
    shown = format_value(value, quantity), format_value(limit, quantity)
    if value == limit or shown[0] != shown[1]:
        return shown
    factor, unit = _unit_of(shown[0], quantity)
    number, bound = value / factor, limit / factor
    for decimals in range(DECIMALS_LIMIT):
        rounded_by = max(abs(one - round(one, decimals)) for one in (number, bound))
        if rounded_by < abs(number - bound) / 4:
            return _plain(f"{number:,.{decimals}f}") + unit, _plain(f"{bound:,.{decimals}f}") + unit
    return shown


def _unit_of(text: str, quantity: Quantity) -> tuple[float, str]:
    """Return the factor of the unit in which a value is shown, and how it stands behind a number."""
    unit = text.lstrip("0123456789.,")
    return UNITS[quantity][unit.strip()], unit


def _plain(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
