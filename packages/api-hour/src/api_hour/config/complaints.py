"""Messages about options that cannot be: which one, from where, what was expected and what came."""

from typing import Literal, get_args, get_origin

import cyclopts
from cyclopts.argument import Argument, ArgumentCollection, Token

from api_hour.config.habits.habit import Kind
from api_hour.config.habits.suggestion import closest
from api_hour.config.habits.table import BY_FLAG

EXPECTED = {int: "a whole number", float: "a number", bool: "true or false"}


def explain(error: cyclopts.CycloptsError) -> str:
    """Turn an error of cyclopts into one sentence of ours."""
    if isinstance(error, cyclopts.ValidationError) and error.argument is not None and error.argument.tokens:
        return f"{_where(error.argument, error.argument.tokens[0])}: {error.exception_message}"
    if isinstance(error, cyclopts.CoercionError) and error.argument is not None and error.token is not None:
        where = _where(error.argument, error.token)
        if error.msg is not None:
            return f"{where}: {error.msg}"
        return f"{where}: expected {_expected(error.target_type)}; got {error.token.value!r}."
    if isinstance(error, cyclopts.UnknownOptionError):
        return _unknown((error.token.keyword or error.token.value).partition("=")[0], error.argument_collection)
    if isinstance(error, cyclopts.UnusedCliTokensError):
        return f"expected one TARGET; what is {' '.join(error.unused_tokens or [])!r}? See api_hour --help."
    return str(error)


def _unknown(option: str, options: ArgumentCollection) -> str:
    """Say what an option is here that nobody here has; a command has a part of the options only."""
    names = {name for argument in options for name in argument.names}
    habit = BY_FLAG.get(option)
    if habit is not None and habit.kind is Kind.INSTEAD:
        return f"{option}: there is no such option; {habit.says}."
    meant = (
        None if habit is not None else closest(option, names | {flag for flag, other in BY_FLAG.items() if other.here})
    )
    return f"Unknown option: {option}." + (f" Did you mean {meant}?" if meant else "")


def _expected(type_: type | None) -> str:
    if get_origin(type_) is Literal:
        return f"one of {', '.join(map(str, get_args(type_)))}"
    return EXPECTED.get(type_, "another value") if type_ is not None else "another value"


def _where(argument: Argument, token: Token) -> str:
    name = token.keyword or argument.name
    if token.source == "env":
        return f"{name} in the environment"
    if token.source.startswith("file:"):
        return f"{name} in {token.source.removeprefix('file:')}"
    return name
