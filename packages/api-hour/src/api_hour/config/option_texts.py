"""Values of options, as configuration files and programs have them, in the texts of a command line."""

from pathlib import Path
from typing import Any

from api_hour.errors import ConfigError

SEVERAL_KEYS = frozenset({
    "app_dir", "bind", "env", "env_file", "header", "reload_dir", "reload_exclude", "reload_include", "trusted_proxy",
})  # fmt: skip
OCTAL_KEYS = frozenset({"umask", "unix_mode"})


def option_texts(where: str, key: str, value: Any) -> tuple[str, ...]:
    """Return the texts of a value; several of an option that may be repeated.

    Args:
        where: what sets the option, for messages.
        key: the option's key.
        value: its value.

    Raises:
        ConfigError: no option has values of this kind.
    """
    values = value if key in SEVERAL_KEYS and isinstance(value, list | tuple) else [value]
    return tuple(_text(where, key, item) for item in values)


def _text(where: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if key in OCTAL_KEYS and isinstance(value, int) and value >= 0:
        return oct(value)
    if isinstance(value, str | int | float | Path):
        return str(value)
    kind = "a text or a list of texts" if key in SEVERAL_KEYS else "a text, a number, true or false"
    raise ConfigError(f"{where}: expected {kind}; got {value!r}.")
