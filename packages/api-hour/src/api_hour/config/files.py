"""Configuration files: TOML, where every key must be an option's, and Python, where Gunicorn's names are understood."""

import runpy
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api_hour.config.gunicorn_settings import CONSOLE, PROXY_PROTOCOLS, is_reported, taken_names, with_implied
from api_hour.config.habits.conversions import tls_version
from api_hour.config.habits.names import hint_for, is_idle, reason_for
from api_hour.config.habits.suggestion import closest_name
from api_hour.config.hooks import Hook, Hooks, find_hooks
from api_hour.config.option_texts import option_texts
from api_hour.config.tls_files import SEPARATOR
from api_hour.errors import ConfigError

NOT_IN_FILES = frozenset({"config", "auto_config"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOption:
    """One option that a file sets.

    Attributes:
        name: what the file calls it.
        key: the option's key.
        texts: its value as it would be on the command line; several of an option that may be repeated.
    """

    name: str
    key: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A configuration file as it was read.

    Attributes:
        path: the file.
        options: what it sets.
        without_meaning: settings of Gunicorn in it that nothing here corresponds to.
        hooks: the functions in it that are called when something happens to the daemon.
    """

    path: Path
    options: tuple[FileOption, ...] = ()
    without_meaning: tuple[str, ...] = ()
    hooks: Mapping[str, Hook] = field(default_factory=dict)

    def words(self) -> list[str]:
        """Return what is to be said of settings that do nothing: of each what it is here, as far as that is known."""
        return [f"{name} does nothing here{reason_for(name)}" for name in self.without_meaning]


def read_config_file(path: Path, keys: Collection[str]) -> ConfigFile:
    """Read a configuration file.

    Args:
        path: the file; TOML if its name ends in `.toml`, else Python.
        keys: the keys of the options that a file may set.

    Raises:
        ConfigError: the file is not valid, sets an unknown option (TOML), or gives one a value of a wrong kind.
    """
    return _read_toml(path, keys) if path.suffix == ".toml" else _read_python(path, keys)


def _read_toml(path: Path, keys: Collection[str]) -> ConfigFile:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--config: {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"--config: {path}: expected TOML in UTF-8; {error}.") from error
    without_meaning = tuple(key for key in document if key not in keys and is_idle(key))
    for key in document:
        if key in NOT_IN_FILES:
            raise ConfigError(f"--config: {path}: {key!r} says which file is read; set it by flag or environment.")
        if key not in keys and key not in without_meaning:
            raise ConfigError(f"--config: {path}: {key!r} is no option.{_suggest(key, keys)}")
    options = (_option(path, key, key, value) for key, value in document.items() if key in keys)
    return ConfigFile(path=path, options=tuple(options), without_meaning=without_meaning)


def _suggest(key: str, keys: Collection[str]) -> str:
    if (hint := hint_for(key)) is not None:
        return f" {hint}"
    close = closest_name(key, keys)
    return f" Did you mean {close!r}?" if close else f" Options are {', '.join(sorted(keys))}."


def _read_python(path: Path, keys: Collection[str]) -> ConfigFile:
    names = with_implied(_run(path))
    taken = taken_names(keys)
    values = {name: _as_here(path, name, value) for name, value in names.items() if name in taken}
    return ConfigFile(
        path=path,
        options=tuple(_option(path, name, taken[name], value) for name, value in values.items() if value is not None),
        without_meaning=tuple(sorted(name for name, value in names.items() if is_reported(name, value))),
        hooks=find_hooks(path, names),
    )


def read_hooks(path: Path, wanted: Collection[str]) -> Hooks:
    """Run a Python configuration file for its hooks alone.

    Args:
        path: the file.
        wanted: the names of those that are to be returned.

    Raises:
        ConfigError: the file raises, or a hook is not what it must be.
    """
    return Hooks(find_hooks(path, _run(path), wanted))


def _run(path: Path) -> Mapping[str, Any]:
    try:
        return runpy.run_path(str(path))
    except (Exception, SystemExit) as error:
        raise ConfigError(f"--config: {path} raised {type(error).__name__}: {error}") from error


def _as_here(path: Path, name: str, value: Any) -> Any:
    """Turn a value of Gunicorn's into one of ours; None for the default.

    Raises:
        ConfigError: it cannot be.
    """
    if name in {"bind", "forwarded_allow_ips", "pythonpath"} and isinstance(value, str):
        return [part.strip() for part in SEPARATOR.split(value) if part.strip()]
    if name in {"errorlog", "accesslog"} and value == CONSOLE:
        return None
    if name == "ssl_version":
        try:
            return next((setting.text for setting in tls_version(str(getattr(value, "value", value)))), None)
        except ValueError as error:
            raise ConfigError(f"--config: {path}: {name}: {error}") from error
    if name == "proxy_protocol" and isinstance(value, str):
        return PROXY_PROTOCOLS.get(value.lower(), value)
    return value.lower() if name == "loglevel" and isinstance(value, str) else value


def _option(path: Path, name: str, key: str, value: Any) -> FileOption:
    return FileOption(name=name, key=key, texts=option_texts(f"--config: {path}: {name}", key, value))
