"""The variables of other servers: `UVICORN_...`, `GUNICORN_CMD_ARGS` and `FORWARDED_ALLOW_IPS`. Pure."""

import os
import shlex
from collections.abc import Iterator, Mapping

from api_hour.config.habits import conversions
from api_hour.config.habits.arguments import Taken, Use, note_use, read_uses
from api_hour.config.habits.habit import Habit, Kind, Server
from api_hour.config.habits.table import BY_FLAG, HABITS
from api_hour.errors import ConfigError

UVICORN_PREFIX = "UVICORN_"
GUNICORN_ARGUMENTS = "GUNICORN_CMD_ARGS"
TRUSTED_PROXIES = "FORWARDED_ALLOW_IPS"

IN_THE_ENVIRONMENT = "in the environment"
_SEVERAL_PATHS = frozenset({"RELOAD_DIRS"})  # have colons between them, as PATH; other lists have spaces


def read_environment(environment: Mapping[str, str]) -> list[Taken]:
    """Return what the variables of each server set here; what an earlier one sets, the later ones do not.

    Raises:
        ConfigError: a value cannot be.
    """
    uvicorn, gunicorn, both = Taken(), Taken(), Taken()
    for name, use in _of_uvicorn(environment):
        _note(uvicorn, use, name)
    for use in _of_gunicorn(environment.get(GUNICORN_ARGUMENTS, "")):
        _note(gunicorn, use, f"{use.flag} of {GUNICORN_ARGUMENTS}")
    if text := environment.get(TRUSTED_PROXIES, ""):
        _note(both, Use(habit=BY_FLAG["--forwarded-allow-ips"], flag="", text=text), TRUSTED_PROXIES)
    return [uvicorn, gunicorn, both]


def _note(taken: Taken, use: Use, name: str) -> None:
    """Note one; messages of its own name the environment, those of the options add it."""
    try:
        note_use(taken, use, written=name)
    except ConfigError as error:
        raise ConfigError(str(error).replace(f"{name}:", f"{name} {IN_THE_ENVIRONMENT}:", 1)) from error


def _of_uvicorn(environment: Mapping[str, str]) -> Iterator[tuple[str, Use]]:
    for habit in HABITS:
        flag = habit.flags[0]
        if Server.UVICORN not in habit.servers or flag.startswith("--no-"):
            continue
        variable = habit.variable or flag[2:].upper().replace("-", "_")
        name = f"{UVICORN_PREFIX}{variable}"
        for text in _texts(habit, environment.get(name, "")):
            if text and not (habit.kind in {Kind.IDLE, Kind.INSTEAD} and text.lower() in conversions.FALSE_WORDS):
                yield name, Use(habit=habit, flag=flag, text=_as_value(habit, text))


def _texts(habit: Habit, text: str) -> list[str]:
    if not habit.variable:
        return [text]
    return text.split(os.pathsep) if habit.variable in _SEVERAL_PATHS else text.split()


def _as_value(habit: Habit, text: str) -> str:
    """Return a Boolean as options here take it."""
    if habit.kind is Kind.SAME and not habit.has_value and conversions.is_boolean(text):
        return str(conversions.is_true(text)).lower()
    return text


def _of_gunicorn(text: str) -> Iterator[Use]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ConfigError(f"{GUNICORN_ARGUMENTS} {IN_THE_ENVIRONMENT}: {error}; got {text!r}.") from error
    for item in read_uses(words, frozenset(Kind)):
        if isinstance(item, str) or Server.GUNICORN not in item.habit.servers:
            word = item if isinstance(item, str) else item.flag
            raise ConfigError(f"{GUNICORN_ARGUMENTS} {IN_THE_ENVIRONMENT}: expected options of Gunicorn; got {word!r}.")
        is_switch = item.habit.kind is Kind.SAME and not item.habit.has_value
        yield Use(habit=item.habit, flag=item.flag, text="true") if is_switch else item
