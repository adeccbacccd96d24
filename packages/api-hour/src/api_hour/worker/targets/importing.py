"""Importing of TARGET: its text in, a maker of Containers out."""

import importlib
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from api_hour.config.target_text import DEFAULT_NAMES, Call, TargetText, parse_target
from api_hour.errors import ConfigError
from api_hour.worker.call_shape import shapes_of
from api_hour.worker.targets.forms import ContainerMaker, maker_of, maker_of_call

_MISSING = object()


def import_container(target: str, *directories: str) -> ContainerMaker:
    """Import what `target` names, and return how to make its Container.

    Args:
        target: see `parse_target`.
        directories: where the application's modules are; they come first on the import path.

    Raises:
        ConfigError: there is no such module or name, or it is nothing that can be served.
        Exception: whatever importing the module or calling the factory raises; its traceback is the user's to read.
    """
    text = parse_target(target)
    described_as = f"TARGET {target!r}"
    sys.path[:0] = directories
    found = _find(_import(text.module, described_as, directories), text, described_as)
    if text.call is None:
        return maker_of(found, described_as=described_as)
    return _maker_of_call(found, text.call, described_as)


def _import(module_name: str, described_as: str, directories: Sequence[str]) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise  # the module is there; something that it imports is not
        places = ", ".join(directories)
        raise ConfigError(f"{described_as}: no module {error.name!r} in {places} or the environment.") from None


def _find(module: ModuleType, text: TargetText, described_as: str) -> Any:
    """Return the object that TARGET names in its module."""
    if not text.path:
        for name in DEFAULT_NAMES:
            if hasattr(module, name):
                return getattr(module, name)
        names = ", ".join(map(repr, DEFAULT_NAMES))
        raise ConfigError(
            f"{described_as}: module {text.module!r} has none of {names}; name what is to be served, "
            f"as in {text.module}:NAME."
        )
    found: Any = module
    what = f"module {text.module!r}"
    for name in text.path:
        found = getattr(found, name, _MISSING)
        if found is _MISSING:
            raise ConfigError(f"{described_as}: {what} has no {name!r}.")
        what = repr(name)
    return found


def _maker_of_call(found: Any, call: Call, described_as: str) -> ContainerMaker:
    if not callable(found):
        raise ConfigError(f"{described_as}: expected before the parentheses what can be called, got {found!r}.")
    for shape in shapes_of(found)[-1:]:
        try:
            shape.signature.bind(*call.positional, **call.keywords)
        except TypeError as error:
            raise ConfigError(f"{described_as}: it is called with {shape.signature}; {error}.") from None
    return maker_of_call(partial(found, *call.positional, **call.keywords), described_as)


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
