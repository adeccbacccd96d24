"""`--show-config`: every option, its value, and where the value is from, as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from api_hour.config.binds import DEFAULT_BIND
from api_hour.config.settings import Settings
from api_hour.config.sources import option_flags
from api_hour.config.values import show_mode

SECRET = frozenset({"keyfile_password"})


def show_config(settings: Settings, sources: Mapping[str, str]) -> str:
    """Return the table, with a line for each option and an end of line after each.

    Args:
        settings: the values.
        sources: where those are from that are no defaults, by field.
    """
    rows = [("option", "value", "from")]
    for field, flag in sorted(option_flags().items(), key=lambda item: item[1]):
        rows.append(
            (flag.removeprefix("--"), show_value(field, getattr(settings, field)), sources.get(field, "default"))
        )
    return "".join(f"{line}\n" for line in _align(rows))


def show_value(field: str, value: Any) -> str:
    """Return the value of an option, by its field, in a few words."""
    if value in (None, "") and field != "umask":
        return "none"
    if field in SECRET:
        return "***"
    return _show_value(field, value)


def _show_value(field: str, value: Any) -> str:
    if field == "bind":
        return " ".join(value or [str(DEFAULT_BIND)])
    if field in {"umask", "unix_mode"}:
        return show_mode(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
