"""From the text `MODULE:NAME` to the Container class that a worker runs."""

import importlib
import sys
from pathlib import Path
from typing import Any

import yaml

from api_hour.container import Container
from api_hour.errors import ConfigError


def import_container(target: str, directory: str) -> type[Container]:
    """Import the Container class that `target` names, with `directory` first on the import path.

    Args:
        target: `MODULE:NAME`.
        directory: where the application's modules are.

    Raises:
        ConfigError: there is no such module or name, or it is not a Container class.
        Exception: whatever importing the module raises; its traceback is the user's to read.
    """
    module_name, _, name = target.partition(":")
    sys.path.insert(0, directory)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise  # the module is there; something that it imports is not
        raise ConfigError(f"TARGET {target!r}: no module {error.name!r} in {directory} or the environment.") from None
    found = getattr(module, name, None)
    if found is None:
        raise ConfigError(f"TARGET {target!r}: module {module_name!r} has no {name!r}.")
    if not (isinstance(found, type) and issubclass(found, Container)):
        raise ConfigError(f"TARGET {target!r}: expected a subclass of api_hour.Container, got {found!r}.")
    return found


def read_main_yaml(path: str | None) -> Any:
    """Return the parsed application configuration; None without a file.

    Raises:
        ConfigError: the file is not valid YAML.
    """
    if path is None:
        return None
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected YAML in UTF-8; {error}") from error
