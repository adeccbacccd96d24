"""Readers and checks of options' values. What a check raises is shown after the option's name."""

import re
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cyclopts import Token

from api_hour.access_log.lines import OFF, line_maker
from api_hour.config.binds import MONITOR_FORMS, TcpBind, UnixBind, parse_bind
from api_hour.config.tls_files import split_tls
from api_hour.errors import ConfigError
from api_hour.http_token import TOKEN
from api_hour.log.formats import formatter_of

_SIZE = re.compile(r"([0-9]+)([KMG]?)", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MODE = re.compile(r"(?:0o)?([0-7]{1,4})")


def read_size(_type: Any, tokens: Sequence[Token]) -> int:
    """Read a number of bytes such as `512M`."""
    match = _SIZE.fullmatch(tokens[0].value)
    if match is None:
        raise ValueError(f"expected bytes, such as 512M or 2G; got {tokens[0].value!r}.")
    return int(match[1]) * _SIZE_UNITS[match[2].upper()]


def read_mode(_type: Any, tokens: Sequence[Token]) -> int:
    """Read the bits of a file's mode, in octal as chmod(1) takes them."""
    match = _MODE.fullmatch(tokens[0].value)
    if match is None or int(match[1], 8) > 0o777:
        raise ValueError(f"expected up to three octal digits, such as 0660; got {tokens[0].value!r}.")
    return int(match[1], 8)


def show_mode(mode: int | None) -> str:
    """Write a mode as `read_mode` reads it."""
    return "none" if mode is None else f"{mode:04o}"


def check_binds(_type: Any, binds: tuple[str, ...]) -> None:
    """Refuse what is no address."""
    for text in binds:
        try:
            parse_bind(split_tls(text)[0])
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("--bind: ")) from error


def check_proxies(_type: Any, proxies: tuple[str, ...]) -> None:
    """Refuse what names no proxy."""
    for text in proxies:
        if text not in ("unix", "*"):
            try:
                ip_network(text, strict=False)
            except ValueError:
                raise ValueError(
                    f"expected an address, a network such as 10.0.0.0/8, unix or *; got {text!r}."
                ) from None


def check_monitor(_type: Any, text: str | None) -> None:
    """Refuse what is no address that can be connected to."""
    if text is not None and not _is_connectable(text):
        raise ValueError(f"expected {MONITOR_FORMS}, such as 127.0.0.1:9000; got {text!r}.")


def _is_connectable(text: str) -> bool:
    try:
        return isinstance(parse_bind(text), TcpBind | UnixBind)
    except ConfigError:
        return False


def check_receiver(_type: Any, text: str | None) -> None:
    """Refuse what is no address that datagrams can be sent to."""
    if text is not None and not _is_connectable(text):
        raise ValueError(f"expected HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8125; got {text!r}.")


def check_url(_type: Any, text: str | None) -> None:
    """Refuse what is no URL of HTTP."""
    parts = urlsplit(text or "")
    if text is not None and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError(f"expected a URL such as http://127.0.0.1:4318; got {text!r}.")


def check_token(_type: Any, text: str | None) -> None:
    """Refuse what can be no header's name."""
    if text is not None and not re.fullmatch(TOKEN, text):
        raise ValueError(f"expected the name of a header (RFC 9110, 5.6.2), such as X-Request-ID; got {text!r}.")


def check_access_log(_type: Any, text: str | None) -> None:
    """Refuse a format of the access log that has no lines."""
    if text is not None and text != OFF:
        try:
            line_maker(text)
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("--access-log: ")) from error


def check_log_format(_type: Any, text: str) -> None:
    """Refuse a format that no line can have."""
    formatter_of(text)


def check_not_negative(_type: Any, number: float) -> None:
    """Refuse a number below 0."""
    if not number >= 0:  # nor is "not a number"
        raise ValueError(f"expected 0 or more, got {number}.")


def check_positive(_type: Any, number: float) -> None:
    """Refuse a number below 1."""
    if not number >= 1:
        raise ValueError(f"expected 1 or more, got {number}.")


def check_directory(_type: Any, path: Path | None) -> None:
    """Refuse a path where there is no directory."""
    if path is not None and not path.is_dir():
        raise ValueError(f"expected a directory, got {str(path)!r}.")


def check_file(_type: Any, path: Path | None) -> None:
    """Refuse a path where there is no file."""
    if path is not None and not path.is_file():
        raise ValueError(f"expected a file, got {str(path)!r}.")


def check_new_file(_type: Any, path: Path | None) -> None:
    """Refuse a path where no file can be."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise ValueError(f"expected a file in a directory that exists, got {str(path)!r}.")


def check_name(_type: Any, name: str | None) -> None:
    """Refuse a name that cannot be shown on one line."""
    if name is not None and not (name and name.isprintable()):
        raise ValueError(f"expected a name of printable characters, got {name!r}.")
