"""Credentials that users give: found, sent, and never shown. Also texts of others, made safe to be shown.

Pure.
"""

import re
import shlex
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes

HIDDEN = "***"
LINE_CHARACTERS = 200
_USER = re.compile(r"(//|^)[^/]*@")
_UP_TO_THE_LAST_AT = re.compile(r"^([^@/]*//)?.*@", re.DOTALL)
_DATABASE_PASSWORD = re.compile(r"(?<=//)([^/:@]*):[^/@]*(?=@)|(?<=[?&])((?:ssl)?password)=[^&]*")
_NAME = re.compile(r"[^\s:=]+")
_SECRET_NAME = re.compile(
    r"auth|cookie|key|token|secret|passw|credential|session|signature|bearer|basic", re.IGNORECASE
)
_PASSWORD_IN_TEXT = re.compile(r"(//[^\s/:@]*:)[^\s/@]*@")
_SECRET_IN_TEXT = re.compile(
    r"((?:authorization|cookie|passw(?:or)?d|secret|token|api[_-]?key)['\"]?\s*[:=]\s*['\"]?(?:basic |bearer )?)"
    r"[^\s'\",;&]+",
    re.IGNORECASE,
)


def authorization_of(url: SplitResult) -> str | None:
    """Return the header line that a URL's user and password are sent as (RFC 7617, section 2); None without any."""
    if "@" not in url.netloc:
        return None
    user, _, password = url.netloc.rpartition("@")[0].partition(":")
    credentials = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return f"Authorization: Basic {b64encode(credentials).decode('ascii')}"


def hide_in_url(url: str) -> str:
    """Return a URL, or what was meant to be one, without its user and password."""
    head, mark, rest = url.partition("?")
    return _USER.sub(rf"\1{HIDDEN}@", head, count=1) + mark + rest


def hide_in_bad_url(url: str) -> str:
    """Return what is no URL without whatever may be a user and password in it: all that stands before the last @."""
    return _UP_TO_THE_LAST_AT.sub(lambda match: f"{match[1] or ''}{HIDDEN}@", url)


def without_password(url: str) -> str:
    """Return a PostgreSQL URL without its password, wherever it stands in it."""
    return _DATABASE_PASSWORD.sub(lambda match: match[1] or (f"{match[2]}=" if match[2] else ""), url)


def hide_in_header(line: str) -> str:
    """Return a header line, or what was meant to be one; without its value if its name says that it is a secret."""
    name = _NAME.search(line)
    return f"{name[0]}: {HIDDEN}" if name is not None and is_secret(line.partition(":")[0]) else line


def hide_in_value(value: Any, *, name: str = "") -> Any:
    """Return a value of a file without the secrets in it: those that `name` or the names inside it say are ones."""
    if is_secret(name):
        return HIDDEN
    if isinstance(value, dict):
        return {key: hide_in_value(inside, name=key) for key, inside in value.items()}
    if isinstance(value, list):
        return [hide_in_value(inside) for inside in value]
    return hide_in_header(value) if isinstance(value, str) else value


def masked_command(words: Sequence[str]) -> str:
    """Return a command line as a shell takes it, without the secrets in it: those in URLs, headers and options.

    Args:
        words: program and arguments.
    """
    option, masked = "", []
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("--") and equals:
            masked.append(f"{name}={_masked_argument(value, of=name)}")
        elif word.startswith("-H") and len(word) > len("-H"):
            masked.append("-H" + hide_in_header(word.removeprefix("-H")))
        else:
            masked.append(word if word.startswith("-") else _masked_argument(word, of=option))
        option = word if word.startswith("-") and not equals else ""
    return shlex.join(masked)


def _masked_argument(value: str, *, of: str) -> str:
    """Return the value of an option, or an argument of none, without what is secret in it."""
    if of in {"-H", "--header"}:
        return hide_in_header(value)
    if of == "--body":
        return HIDDEN if is_secret(value) else value
    name, equals, assigned = value.partition("=")
    if equals and "://" not in name and is_secret(name):  # as variables of the environment are given
        return f"{name}={HIDDEN}" if assigned else value
    if "://" in value:
        return without_password(value) if value.startswith("postgres") else hide_in_url(value)
    return HIDDEN if of and is_secret(of) else value


def is_secret(name: str) -> bool:
    """Whether the value of a header, key or variable of this name is not to be shown."""
    return _SECRET_NAME.search(name) is not None


def hide_in_line(line: str) -> str:
    """Return a line of a log without the passwords in its URLs, and the values of what is named as a secret."""
    if "@" in line:
        line = _PASSWORD_IN_TEXT.sub(rf"\1{HIDDEN}@", line)
    return _SECRET_IN_TEXT.sub(rf"\1{HIDDEN}", line)


def cut(line: str) -> str:
    """Return a line, or of a long one the beginning."""
    return line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}... ({len(line):,} characters)"


def printable(text: str) -> str:
    """Return what a server or program said in one line, without what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
