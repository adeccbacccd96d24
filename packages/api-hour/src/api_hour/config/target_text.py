"""The text of TARGET: a module, a name in it that may be an attribute of another, and perhaps a call.

    app                                    the first of DEFAULT_NAMES that the module has
    package.app:application                a name
    app:service.asgi                       an attribute of what a name stands for
    app:create_app("test", debug=True)     what a call returns; its arguments are literals

Pure: nothing is imported here. That is for `api_hour.worker.targets.importing`.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from api_hour.errors import ConfigError

DEFAULT_NAMES = ("app", "application", "Container")

FORMS = "MODULE, MODULE:NAME, MODULE:NAME.ATTRIBUTE or MODULE:NAME(LITERALS), such as benchmarks:Container"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The arguments of a call."""

    positional: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetText:
    """One TARGET, taken apart.

    Attributes:
        module: the module's name, with dots.
        path: the name in it, then the attributes; empty when only the module is named.
        call: what the object is called with; None when it is not called.
    """

    module: str
    path: tuple[str, ...] = ()
    call: Call | None = None


def parse_target(text: str) -> TargetText:
    """Take TARGET apart.

    Raises:
        ConfigError: it has none of the forms.
    """
    module, colon, rest = text.partition(":")
    if module.endswith(".py") or not _are_identifiers(module.split(".")):
        raise ConfigError(f"TARGET: expected {FORMS}; got {text!r}.{_hint(module)}")
    if not colon:
        return TargetText(module=module)
    try:
        expression = ast.parse(rest.strip(), mode="eval").body
        call = expression if isinstance(expression, ast.Call) else None
        path = _path(expression if call is None else call.func)
        return TargetText(module=module, path=path, call=None if call is None else _arguments(call))
    except (SyntaxError, ValueError):  # no expression, or not one of ours
        raise ConfigError(f"TARGET: expected {FORMS}; got {text!r}.") from None


def called(text: str) -> str:
    """Return TARGET with a call of what it names; one that is called already is left alone.

    Raises:
        ConfigError: it has none of the forms, or names only a module.
    """
    target = parse_target(text)
    if not target.path:
        raise ConfigError(f"--factory: expected MODULE:FACTORY as TARGET; got {text!r}.")
    return f"{text.rstrip()}()" if target.call is None else text


def _path(expression: ast.expr) -> tuple[str, ...]:
    """Return the name and the attributes of `name.attribute.attribute`.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(expression, ast.Name):
        return (expression.id,)
    if isinstance(expression, ast.Attribute):
        return (*_path(expression.value), expression.attr)
    raise ValueError


def _arguments(call: ast.Call) -> Call:
    """Return the arguments of a call.

    Raises:
        ValueError: one is no literal, or they are unpacked.
    """
    keywords = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError
        keywords[keyword.arg] = ast.literal_eval(keyword.value)
    return Call(positional=tuple(map(ast.literal_eval, call.args)), keywords=keywords)


def _are_identifiers(names: Sequence[str]) -> bool:
    return all(name.isidentifier() for name in names)


def _hint(module: str) -> str:
    """Name the module of a file, if it is one that was named."""
    name = module.removeprefix("./").removesuffix(".py").replace("/", ".")
    is_other_module = name != module and _are_identifiers(name.split("."))
    return f" The module of that file is {name}." if is_other_module else ""
