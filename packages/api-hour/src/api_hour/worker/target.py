"""From the text `MODULE:NAME` to what makes the Container that a worker runs."""

import importlib
import sys
from pathlib import Path
from typing import Any

import yaml

from api_hour.errors import ConfigError
from api_hour.worker.target_forms import ContainerMaker, maker_of


def import_container(target: str, directory: str) -> ContainerMaker:
    """Import what `target` names, with `directory` first on the import path, and return how to make its Container.

    Args:
        target: `MODULE:NAME`.
        directory: where the application's modules are.

    Raises:
        ConfigError: there is no such module or name, or it is nothing that can be served.
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
    return maker_of(found, described_as=f"TARGET {target!r}")


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
