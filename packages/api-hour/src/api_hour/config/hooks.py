"""Gunicorn's hooks: functions of a Python configuration file that are called when something happens to the daemon."""

import inspect
import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from api_hour.config.gunicorn_settings import HOOKS
from api_hour.errors import ConfigError
from api_hour.signature import signature_of

LOG = logging.getLogger("api_hour.config")

Hook = Callable[..., object]

IN_WORKERS = frozenset(
    {
        "post_fork", "post_worker_init", "worker_int", "worker_abort", "pre_request", "post_request", "worker_exit",
    }
)  # fmt: skip


class Hooks:
    """The hooks of one configuration file, by name; those that it does not have are passed over."""

    def __init__(self, functions: Mapping[str, Hook] | None = None) -> None:
        self._functions = dict(functions or {})

    def __contains__(self, name: str) -> bool:
        return name in self._functions

    def run(self, name: str, *arguments: Any) -> None:
        """Call a hook.

        Raises:
            Exception: whatever the hook raises.
        """
        if name in self._functions:
            self._functions[name](*arguments)

    def call(self, name: str, *arguments: Any) -> None:
        """Call a hook; what it raises is logged, and stops nothing."""
        try:
            self.run(name, *arguments)
        except Exception:
            LOG.exception("the hook %s raised", name)


def find_hooks(path: Path, names: Mapping[str, Any], wanted: Collection[str] = tuple(HOOKS)) -> dict[str, Hook]:
    """Return the hooks among the names of a configuration file.

    Args:
        path: the file, for messages.
        names: what it defines.
        wanted: which hooks to return.

    Raises:
        ConfigError: one is no function, or takes other arguments than it is called with.
    """
    return {name: _checked(path, name, names[name]) for name in wanted if names.get(name) is not None}


def _checked(path: Path, name: str, hook: Any) -> Hook:
    expected = HOOKS[name]
    wanted = f"--config: {path}: {name}: expected a function of ({', '.join(expected)})"
    if not callable(hook):
        raise ConfigError(f"{wanted}; got {hook!r}.")
    signature = signature_of(hook, follow_wrapped=True)
    for arguments in _forms(name, expected):
        if signature is None or _can_bind(signature, arguments):
            return hook if arguments == expected else _with_fewer(hook, len(arguments))
    raise ConfigError(f"{wanted}; got one of {signature}.")


def _forms(name: str, expected: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what a hook may be called with: `post_request` has got arguments over time."""
    return [expected[:length] for length in (4, 3, 2)] if name == "post_request" else [expected]


def _with_fewer(hook: Hook, length: int) -> Hook:
    return lambda *arguments: hook(*arguments[:length])


def _can_bind(signature: inspect.Signature, arguments: tuple[str, ...]) -> bool:
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True
