"""Files of environment variables, as python-dotenv reads them; what the environment has already, it keeps."""

import os
from pathlib import Path

from api_hour.errors import ConfigError


def load_env_file(path: Path) -> None:
    """Add the variables of a file to this process's environment, and so to that of its workers.

    Raises:
        ConfigError: it cannot be read, or python-dotenv is not installed.
    """
    try:
        from dotenv import dotenv_values  # noqa: PLC0415  # it may not be installed
    except ImportError as error:
        raise ConfigError(
            "--env-file: expected python-dotenv to be installed; it is not. Install api-hour[dotenv]."
        ) from error
    try:
        values = dotenv_values(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file: {path} cannot be read: {error}.") from error
    for name, value in values.items():
        if value is not None:
            os.environ.setdefault(name, value)
