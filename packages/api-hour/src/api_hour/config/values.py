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
LOG_LEVELS = ("trace", "debug", "info", "warning", "error", "critical")
LOOPS = ("auto", "uvloop", "asyncio")

_HEADER_NAME = re.compile(TOKEN)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # RFC 9110, 5.5
_HEADERS_OF_ANSWERS = frozenset({"connection", "content-length", "content-type", "date", "keep-alive", "trailer",
    "transfer-encoding", "upgrade"})  # fmt: skip
_CERT_REQS = {"0": 0, "none": 0, "1": 1, "optional": 1, "2": 2, "required": 2}
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


def check_headers(_type: Any, headers: tuple[str, ...]) -> None:
    """Refuse what is no header, or one that only the server can say."""
    for text in headers:
        read_header(text)


def read_header(text: str) -> tuple[str, str]:
    """Return name and value of a header that is written NAME:VALUE.

    Raises:
        ValueError: it is none, or one that only the server can say.
    """
    name, colon, value = text.partition(":")
    if not (colon and _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value.strip())):
        raise ValueError(f"expected NAME:VALUE, such as X-Frame-Options:DENY; got {text!r}.")
    if name.lower() in _HEADERS_OF_ANSWERS:
        raise ValueError(f"{name} differs from answer to answer, and is said with each; got {text!r}.")
    return name, value.strip()


def read_root_path(_type: Any, tokens: Sequence[Token]) -> str:
    """Read the path that an application is mounted under; it has no slash at its end."""
    text = tokens[0].value
    path = text.rstrip("/")
    if text and not (text.startswith("/") and path.isascii() and path.isprintable() and not set(path) & set("?# ")):
        raise ValueError(f"expected a path, such as /api; got {text!r}.")
    return path


def read_log_level(_type: Any, tokens: Sequence[Token]) -> str:
    """Read a level of logging, in any case."""
    level = tokens[0].value.lower()
    level = "warning" if level == "warn" else level
    if level not in LOG_LEVELS:
        raise ValueError(f"expected one of {', '.join(LOG_LEVELS)}; got {tokens[0].value!r}.")
    return level


def read_cert_reqs(_type: Any, tokens: Sequence[Token]) -> int:
    """Read whether clients are asked for a certificate, by the number or the name that the ssl module has for it."""
    text = tokens[0].value.lower().removeprefix("verifymode.").removeprefix("cert_")
    if text not in _CERT_REQS:
        raise ValueError(f"expected 0, 1 or 2, or none, optional or required; got {tokens[0].value!r}.")
    return _CERT_REQS[text]


def check_loop(_type: Any, text: str) -> None:
    """Refuse what names no event loop."""
    module, colon, factory = text.partition(":")
    is_name = bool(colon) and all(part.isidentifier() for part in (*module.split("."), *factory.split(".")))
    if text not in LOOPS and not is_name:
        raise ValueError(f"expected one of {', '.join(LOOPS)}, or MODULE:FACTORY; got {text!r}.")


def check_variables(_type: Any, variables: tuple[str, ...]) -> None:
    """Refuse what sets no environment variable."""
    for text in variables:
        name, equals, _ = text.partition("=")
        if not (name and equals) or "\0" in text:
            raise ValueError(f"expected NAME=VALUE; got {text!r}.")


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


def check_directories(type_: Any, paths: tuple[Path, ...]) -> None:
    """Refuse paths where there is no directory."""
    for path in paths:
        check_directory(type_, path)


def check_files(type_: Any, paths: tuple[Path, ...]) -> None:
    """Refuse paths where there is no file."""
    for path in paths:
        check_file(type_, path)


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
