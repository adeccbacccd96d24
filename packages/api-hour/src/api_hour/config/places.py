"""The files of a configuration: `etc/APP/` with its three, and those that are named one by one.

etc/APP/main/main.yaml                the application's own
etc/APP/api_hour/gunicorn_conf.py     options
etc/APP/api_hour/logging.ini          logging
"""

from pathlib import Path

from api_hour.config.location import Location
from api_hour.config.settings import Settings
from api_hour.errors import ConfigError


def find_config_dir(location: Location, target: str) -> Path | None:
    """Return the absolute configuration directory: `--config_dir`, or with `-ac` `etc/APP` where it exists.

    Raises:
        ConfigError: `-ac` is given and there is neither.
    """
    if location.config_dir is not None:
        return location.config_dir.absolute()
    if not location.auto_config:
        return None
    candidate = location.chdir.absolute() / "etc" / target.partition(":")[0]
    if candidate.is_dir():
        return candidate
    raise ConfigError(f"--auto_config: expected a directory {candidate}; there is none. Name one with --config_dir.")


def find_config_file(location: Location, config_dir: Path | None) -> Path | None:
    """Return the file that sets options: `--config`, or with `-ac` the directory's, if it has one."""
    if location.config is not None or not location.auto_config:
        return location.config
    return _file_of(config_dir, "gunicorn_conf.py")


def find_logconfig(settings: Settings, config_dir: Path | None) -> Path | None:
    """Return the absolute path of the logging configuration: `--logconfig`, or with `-ac` the directory's."""
    if settings.logconfig is not None:
        return settings.logconfig.absolute()
    return _file_of(config_dir, "logging.ini") if settings.auto_config else None


def find_main_yaml(config_dir: Path | None) -> Path | None:
    """Return the application's own configuration file, which each worker reads; None without a directory.

    Raises:
        ConfigError: the directory has none.
    """
    if config_dir is None:
        return None
    path = config_dir / "main" / "main.yaml"
    if not path.is_file():
        raise ConfigError(f"--config_dir: expected a file {path}; there is none.")
    return path


def _file_of(config_dir: Path | None, name: str) -> Path | None:
    if config_dir is None:
        return None
    path = config_dir / "api_hour" / name
    return path if path.is_file() else None
