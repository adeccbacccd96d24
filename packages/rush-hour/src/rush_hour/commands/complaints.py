"""Messages about wrong command lines: which option, what was expected, what came, what it may be here."""

from typing import Literal, get_args, get_origin

import cyclopts

from rush_hour.commands.options import HABITS

_EXPECTED = {int: "a whole number", float: "a number"}


def explain(error: Exception) -> str:
    """Turn an error of cyclopts into one sentence of ours."""
    match error:
        case cyclopts.UnusedCliTokensError():
            return f"expected no argument {' '.join(error.unused_tokens or [])!r}."
        case cyclopts.UnknownOptionError() if "load" in (error.command_chain or ()) and (habit := _habit(error.token)):
            return f"{habit}: there is no such option; here it is {HABITS[habit]}."
        case cyclopts.CoercionError() if error.token is not None and error.msg is None:
            what = _expected(error.target_type)
            return f"{error.token.keyword}: expected {what}, got {error.token.value!r}."
    return str(error)


def _habit(token: cyclopts.Token) -> str | None:
    """Return the option of another tool that was meant: `-n100` and `--data=x` have their value with them."""
    name = (token.keyword or token.value).partition("=")[0]
    if name in HABITS:
        return name
    return name[:2] if not name.startswith("--") and name[:2] in HABITS else None


def _expected(type_: type | None) -> str:
    if get_origin(type_) is Literal:
        return f"one of {', '.join(map(str, get_args(type_)))}"
    return "another value" if type_ is None else _EXPECTED.get(type_, "another value")
