"""The sources of options' values: command line, environment, configuration file, default, in this order.

Each value remembers its source, for `--show-config` and for messages. cyclopts calls these in turn with its arguments,
filled so far; a source adds a value only where an earlier one has none. Habits are other servers' options: on the
command line they count as those that they stand for, and their variables come after ours.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import get_type_hints

import cyclopts
from cyclopts import Parameter
from cyclopts.argument import Argument, ArgumentCollection, Token

from api_hour.config.env_file import load_env_file
from api_hour.config.files import NOT_IN_FILES, ConfigFile, read_config_file
from api_hour.config.habits.addresses import address_of, default_address
from api_hour.config.habits.arguments import Taken
from api_hour.config.habits.environment import read_environment
from api_hour.config.habits.habit import Given
from api_hour.config.location import Location
from api_hour.config.option_texts import SEVERAL_KEYS
from api_hour.config.places import find_config_dir, find_config_file
from api_hour.config.settings import Settings

ENVIRONMENT_PREFIX = "API_HOUR_"
TARGET_NAME = "TARGET"


@cache
def option_flags() -> Mapping[str, str]:
    """Return the first flag of every option, by its field in `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    flags = {}
    for field in fields(Settings):
        [parameter] = (item for item in hints[field.name].__metadata__ if isinstance(item, Parameter))
        names = parameter.name or ()
        flags[field.name] = next(iter(names), "--" + field.name.replace("_", "-"))
    return MappingProxyType(flags)


@cache
def option_keys() -> Mapping[str, str]:
    """Return the key of every option that a configuration file may set, by its field in `Settings`."""
    flags = option_flags()
    keys = {name: flag[2:].replace("-", "_") for name, flag in flags.items() if name not in NOT_IN_FILES}
    return MappingProxyType(keys)


class Environment(cyclopts.config.Env):
    """The variables `API_HOUR_...` of the options, the same for every command."""

    def __call__(self, app: cyclopts.App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        """Add what the environment says; options that only one command has are not there."""
        settable = (argument for argument in arguments if argument.keys or argument.name == TARGET_NAME)
        super().__call__(app, commands, ArgumentCollection(settable))  # type: ignore[no-untyped-call]  # cyclopts does not type it


class Sources:
    """The sources of one command line, and what was found in them.

    Args:
        habits: those of the command line, taken off it.

    Attributes:
        config_dir: the directory of configuration; a file in it that says `chdir` or `config_dir` comes too late.
        file: the configuration file, if there is one.
        by_field: for each field of `Settings` that has no default value, where the value is from.
        words: what is to be said of habits that do nothing.
    """

    def __init__(self, habits: Taken | None = None) -> None:
        self.config_dir: Path | None = None
        self.file: ConfigFile | None = None
        self.by_field: dict[str, str] = {}
        self._of_command_line = habits or Taken()
        self._of_environment: list[Taken] = []
        self.words: list[str] = [*self._of_command_line.words]

    def in_order(self) -> list[object]:
        """Return what cyclopts is to ask, after the command line."""
        return [
            self._add_habits,
            Environment(ENVIRONMENT_PREFIX, command=False),
            self._add_variables,
            self._add_file,
            self._add_implied,
            self._remember,
        ]

    def _add_habits(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        """Add those of the command line; where it names files of variables, these count from here on."""
        options = _Options(arguments)
        own = self._of_command_line.given
        options.add(own, source="cli")
        for path in options.texts_of("env_files"):
            load_env_file(Path(path))
        self._of_environment = read_environment(os.environ)
        self.words += [word for taken in self._of_environment for word in taken.words]
        elsewhere = [item for taken in self._of_environment for item in taken.given]
        options.add(address_of(own, os.environ, missing_from=elsewhere), source="cli")

    def _add_variables(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        for taken in self._of_environment:
            given = [*taken.given, *address_of(taken.given, os.environ)]
            _Options(arguments).add_missing(given, source="env")

    def _add_implied(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        """Add what holds where nobody says anything."""
        options = _Options(arguments)
        options.add_implied(self._of_command_line.given, source="cli")
        for taken in self._of_environment:
            options.add_implied(taken.given, source="env")
        _Options(arguments).add_missing(default_address(os.environ), source="env")

    def _add_file(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        location, target = _location(arguments)
        self.config_dir = find_config_dir(location, target)
        path = find_config_file(location, self.config_dir)
        if path is None:
            return
        self.file = read_config_file(path, option_keys().values())
        fields_by_key = {key: name for name, key in option_keys().items()}
        by_field = dict(_options(arguments))
        for option in self.file.options:
            argument = by_field.get(fields_by_key[option.key])
            if argument is not None and not argument.tokens:  # a command may have a part of the options only
                for index, text in enumerate(option.texts):
                    argument.append(
                        Token(keyword=option.name, value=text, source=f"file:{self.file.path}", index=index)
                    )

    def _remember(self, _app: cyclopts.App, _commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
        self.by_field = {name: describe_source(item.tokens[0]) for name, item in _options(arguments) if item.tokens}


class _Options:
    """The options of a command as cyclopts has them, by their first flags."""

    def __init__(self, arguments: ArgumentCollection) -> None:
        fields_by_name = dict(_options(arguments))
        self._by_flag = {flag: fields_by_name[name] for name, flag in option_flags().items() if name in fields_by_name}
        self._by_name = fields_by_name

    def texts_of(self, name: str) -> list[str]:
        """Return the values that an option has."""
        return [token.value for token in self._by_name[name].tokens] if name in self._by_name else []

    def add(self, given: Iterable[Given], *, source: str) -> None:
        """Add values to those that are there."""
        for item in given:
            argument = self._by_flag.get(item.setting.flag)  # a command may have a part of the options only
            if argument is not None and not item.setting.is_implied:
                _append(argument, item, source)

    def add_missing(self, given: Sequence[Given], *, source: str) -> None:
        """Add values of the options that have none."""
        missing = {flag for flag, argument in self._by_flag.items() if not argument.tokens}
        self.add([item for item in given if item.setting.flag in missing], source=source)

    def add_implied(self, given: Iterable[Given], *, source: str) -> None:
        """Add those values that are implied, where there are none."""
        for item in given:
            argument = self._by_flag.get(item.setting.flag)
            if argument is not None and item.setting.is_implied and not argument.tokens:
                _append(argument, item, source)


def _append(argument: Argument, item: Given, source: str) -> None:
    index = len(argument.tokens) if option_keys().get(argument.keys[0]) in SEVERAL_KEYS else 0
    argument.append(Token(keyword=item.written, value=item.setting.text, source=source, index=index))


def describe_source(token: Token) -> str:
    """Return where a value is from: `command line`, `environment NAME` or `file:PATH`."""
    if token.source == "env":
        return f"environment {token.keyword}"
    return token.source if token.source.startswith("file:") else "command line"


def _options(arguments: ArgumentCollection) -> Iterator[tuple[str, Argument]]:
    return ((argument.keys[0], argument) for argument in arguments if argument.keys)


def _location(arguments: ArgumentCollection) -> tuple[Location, str]:
    """Return what the command line and the environment say of the files, and TARGET."""
    names = {field.name for field in fields(Location)}
    given = {name: item.convert_and_validate() for name, item in _options(arguments) if item.tokens and name in names}
    target = next((item.tokens[0].value for item in arguments if item.name == TARGET_NAME and item.tokens), "")
    return Location(**given), target
