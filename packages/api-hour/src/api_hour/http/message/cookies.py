"""Cookies (RFC 6265): those that a client sends, and the header that sets one. Pure."""

import re
from typing import Literal

from api_hour.http_token import TOKEN

_NAME = re.compile(TOKEN)
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # RFC 6265, 4.1.1
_ATTRIBUTE = re.compile(r"[\x20-\x3a\x3c-\x7e]*")

SameSite = Literal["Strict", "Lax", "None"]


def parse_cookies(header: str) -> dict[str, str]:
    """Return the values by name of a Cookie header (RFC 6265, 4.2.1 and 5.4).

    Of a repeated name the first counts: it belongs to the longer path. Quotes around a value are taken off; nothing is
    decoded. What has no name is left out.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if equals and name:
            if len(value) >= 2 and value[0] == value[-1] == '"':
                value = value[1:-1]
            cookies.setdefault(name, value)
    return cookies


def set_cookie(
    name: str,
    value: str,
    *,
    max_age_s: int | None = None,
    path: str = "/",
    domain: str | None = None,
    secure: bool = True,
    http_only: bool = True,
    same_site: SameSite | None = "Lax",
) -> tuple[str, str]:
    """Return the response header that sets a cookie (RFC 6265, 4.1).

    Args:
        name: a token.
        value: without spaces, quotes, commas, semicolons and backslashes; encode what may have them.
        max_age_s: how long the client keeps it; None until it is closed; 0 takes the cookie away.
        path: below which it is sent back.
        domain: to which it is sent back, with its subdomains; None for this host only.
        secure: whether it is sent over HTTPS only (and to localhost).
        http_only: whether it is hidden from scripts.
        same_site: which requests of other sites it is sent with.

    Raises:
        ValueError: a cookie cannot say this.
    """
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ValueError(
            f"cookie: expected a token and a value without spaces, quotes, commas, semicolons and backslashes, "
            f"got {name!r} and {value!r}; encode the value, as base64 or in percent"
        )
    if same_site == "None" and not secure:
        raise ValueError(f"cookie {name}: same_site='None' is for secure cookies; add secure=True")
    parts = [f"{name}={value}"]
    if max_age_s is not None:
        parts.append(f"Max-Age={max_age_s}")
    for attribute, text in (("Domain", domain), ("Path", path)):
        if text is not None:
            if not _ATTRIBUTE.fullmatch(text):
                raise ValueError(f"cookie {name}: expected printable ASCII without semicolons, got {text!r}")
            parts.append(f"{attribute}={text}")
    parts += [flag for flag, is_set in (("Secure", secure), ("HttpOnly", http_only)) if is_set]
    if same_site is not None:
        parts.append(f"SameSite={same_site}")
    return "Set-Cookie", "; ".join(parts)
