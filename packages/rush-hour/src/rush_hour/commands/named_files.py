"""The files that options name, by the options: each is declared once, with its name."""

from pathlib import Path
from typing import get_type_hints

from cyclopts import Parameter


def files_of(*groups: object) -> dict[str, Path]:
    """Return the paths that groups of options were given, by the names of the options.

    Args:
        groups: dataclasses whose fields are annotated with the declarations of `options.py`.
    """
    return {
        _name(hint.__metadata__[0]): path
        for group in groups
        for field, hint in get_type_hints(type(group), include_extras=True).items()
        if isinstance(path := getattr(group, field), Path)
    }


def _name(option: Parameter) -> str:
    """Return the first name of an option."""
    assert option.name, "all options of groups are named"
    return next(iter(option.name))
