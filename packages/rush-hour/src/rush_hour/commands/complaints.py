"""Messages about wrong command lines: which option, what was expected, what came, what it may be here."""

from typing import Literal, get_args, get_origin

import cyclopts

_EXPECTED = {int: "a whole number", float: "a number"}

# What users of other tools write, and what it is here.
HABITS_OF_REQUESTS = {
    "-X": "--method NAME",
    "--request": "--method NAME",
    "-m": "--method NAME",
    "--data": "--body TEXT or --body-file FILE",
    "--data-raw": "--body TEXT",
    "--data-binary": "--body-file FILE",
    "--host": "the URL itself, as the argument; --connect-to HOST:PORT for another address",
    "-k": "--insecure; connections are kept open anyway",
}
HABITS = {
    "capacity": HABITS_OF_REQUESTS,
    "load": HABITS_OF_REQUESTS
    | {
        "-n": "--max-requests NUMBER",
        "--requests": "--max-requests NUMBER",
        "-r": "-R NUMBER, requests per second",
        "-q": "-R NUMBER, requests per second over all connections",
        "--rps": "-R NUMBER, requests per second over all connections",
        "-z": "-d TIME",
        "--vus": "-c NUMBER, with --closed-loop for users who wait for their answers",
        "-u": "-c NUMBER, with --closed-loop for users who wait for their answers",
        "--users": "-c NUMBER, with --closed-loop for users who wait for their answers",
        "--concurrency": "-c NUMBER",
    },
}


def explain(error: Exception) -> str:
    """Turn an error of cyclopts into one sentence of ours."""
    match error:
        case cyclopts.UnusedCliTokensError():
            return f"expected no argument {' '.join(error.unused_tokens or [])!r}."
        case cyclopts.UnknownOptionError() if (habit := _habit(error)) is not None:
            return "{}: there is no such option; here it is {}.".format(*habit)
        case cyclopts.CoercionError() if error.token is not None and error.msg is None:
            what = _expected(error.target_type)
            return f"{error.token.keyword}: expected {what}, got {error.token.value!r}."
    return str(error)


def _habit(error: cyclopts.UnknownOptionError) -> tuple[str, str] | None:
    """Return the option of another tool that was meant, and ours: `-n100` and `--data=x` have their value with them."""
    chain = error.command_chain or ()
    habits = next((habits for command, habits in HABITS.items() if command in chain), {})
    name = (error.token.keyword or error.token.value).partition("=")[0]
    if not name.startswith("--") and name not in habits:
        name = name[:2]
    return (name, habits[name]) if name in habits else None


def _expected(type_: type | None) -> str:
    if get_origin(type_) is Literal:
        return f"one of {', '.join(map(str, get_args(type_)))}"
    return "another value" if type_ is None else _EXPECTED.get(type_, "another value")
