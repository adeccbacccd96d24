"""The options of a call, such as `api_hour.run("app:app", workers=2)`: by the names of their fields in `Settings`.

They are read as those of a command line are, by the same declaration, and win over the environment and files where
these are read too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter
from cyclopts.argument import ArgumentCollection, Token

from api_hour.config.complaints import explain
from api_hour.config.habits.suggestion import closest_name
from api_hour.config.habits.table import BY_FLAG
from api_hour.config.option_texts import option_texts
from api_hour.config.settings import Settings
from api_hour.config.sources import TARGET_NAME, option_flags, option_keys
from api_hour.errors import ConfigError

Target = Annotated[str, Parameter(name=TARGET_NAME)]

DEFAULTS = Settings()

_ADDRESSES = {"host": "HOST:PORT", "port": "HOST:PORT", "uds": "unix:PATH", "fd": "fd://N"}  # as uvicorn.run takes them


def check_names(function: str, names: Iterable[str], allowed: Collection[str]) -> None:
    """Refuse options that a function does not have.

    Args:
        function: its name, for messages.
        names: the options that were given.
        allowed: those that it has.

    Raises:
        TypeError: it has none of this name.
    """
    for name in names:
        if name not in allowed:
            raise TypeError(f"{function}() has no option {name!r}. {_hint(name, allowed)}")


def _hint(name: str, allowed: Collection[str]) -> str:
    fields_by_key = {key: field for field, key in option_keys().items()}
    if fields_by_key.get(name) in allowed:
        return f"Here it is {fields_by_key[name]!r}."
    if name in option_flags():
        return "It is an option of a daemon, with processes of its own: see api_hour.run()."
    if name in _ADDRESSES:
        return f"Here it is bind={_ADDRESSES[name]!r}."
    if (habit := BY_FLAG.get(f"--{name.replace('_', '-')}")) is not None:
        fields = {flag: field for field, flag in option_flags().items()}
        field = fields.get(habit.here)
        return f"Here it is {field!r}." if field is not None else f"{habit.says[:1].upper()}{habit.says[1:]}."
    close = closest_name(name, allowed)
    return f"Did you mean {close!r}?" if close else f"Options are {', '.join(sorted(allowed))}."


def settings_of_call(options: Mapping[str, Any], *, target: str = "", sources: Sequence[Any] = ()) -> Settings:
    """Return the settings that the options of a call make.

    Args:
        options: by field of `Settings`; one that is None is not given.
        target: what is to be served, for sources that look for its files.
        sources: where the options that are not given may come from; see `Sources.in_order`.

    Raises:
        ConfigError: a value cannot be, wherever it is from.
    """
    given = {name: value for name, value in options.items() if value is not None}
    app = cyclopts.App(name="api_hour", result_action="return_value")
    app.config = [_Call(given), *sources]

    @app.default
    def take(_target: Target = "", /, *, settings: Settings = DEFAULTS) -> Settings:
        return settings

    try:
        settings = app([target] if target else [], exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        raise ConfigError(explain(error)) from error
    assert isinstance(settings, Settings)  # cyclopts does not tell
    emptied: dict[str, Any] = {name: () for name, value in given.items() if value in ((), [])}
    return replace(settings, **emptied)


class _Call:
    """The options of one call, as a source of values that wins over all others."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        keys = option_keys()
        self._texts = {name: option_texts(name, keys.get(name, name), value) for name, value in options.items()}

    def __call__(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        for argument in arguments:
            name = argument.keys[0] if argument.keys else ""
            if name in self._texts:
                argument.tokens.clear()  # an option's second variable, such as WEB_CONCURRENCY, is read before this
                for index, text in enumerate(self._texts[name]):
                    argument.append(Token(keyword=name, value=text, source="call", index=index))
