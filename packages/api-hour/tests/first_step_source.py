"""Loads FirstStep from a source folder, without the package around it: so that no dependency needs to be there."""

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = Path(__file__).parents[1] / "src"


def first_step_of(source: Path) -> Any:
    """Return the class FirstStep of a folder that has `api_hour`; another folder's may be loaded beside it."""
    loaded = {name: sys.modules.pop(name) for name in [*sys.modules] if name.partition(".")[0] == "api_hour"}
    try:
        for name in ("api_hour", "api_hour.http"):
            package = ModuleType(name)
            package.__path__ = [str(source.joinpath(*name.split(".")))]
            sys.modules[name] = package
        return importlib.import_module("api_hour.http.first_step").FirstStep
    finally:
        for name in [*sys.modules]:
            if name.partition(".")[0] == "api_hour":
                del sys.modules[name]
        sys.modules.update(loaded)
