"""The options of a running daemon, and those that its sources say by now: what a reload makes of the two. Pure."""

from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

from api_hour.config.settings import Settings
from api_hour.config.show import show_value
from api_hour.config.sources import option_flags
from api_hour.config.until_restart import UntilRestart


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedSettings:
    """The options of a daemon after a reload.

    Attributes:
        settings: the options; those that stay until a restart as they were.
        changes: what is different, each as its flag and its new value.
        kept: what would be different after a restart, each as its flag and the value that stays.
    """

    settings: Settings
    changes: tuple[str, ...]
    kept: tuple[str, ...]


def renew(running: Settings, read: Settings) -> RenewedSettings:
    """Return the options that count after a reload.

    Args:
        running: those that count now.
        read: those that the sources say by now.
    """
    marks = _marks()
    stay: dict[str, Any] = {}
    for name, mark in marks.items():
        old = getattr(running, name)
        if mark.of(old) != mark.of(getattr(read, name)):
            stay[name] = old
    settings = replace(read, **stay)
    changed = [
        field.name for field in fields(Settings) if getattr(settings, field.name) != getattr(running, field.name)
    ]
    return RenewedSettings(settings=settings, changes=_said(changed, settings), kept=_said(stay, running))


def _said(names: Any, settings: Settings) -> tuple[str, ...]:
    flags = option_flags()
    return tuple(f"{flags[name]} {show_value(name, getattr(settings, name))}" for name in names)


def _marks() -> dict[str, UntilRestart]:
    """Return the marks of the options that have one, by field."""
    hints = get_type_hints(Settings, include_extras=True)
    return {
        field.name: mark
        for field in fields(Settings)
        for mark in hints[field.name].__metadata__
        if isinstance(mark, UntilRestart)
    }
