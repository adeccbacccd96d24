"""Checks of text that is to be sent: fit for a request, or refused with the place that is not. Pure."""

import re
from urllib.parse import quote

_UNFIT_IN_URL = re.compile(r"[^!-~]")
_UNFIT_IN_TARGET = re.compile(r"[^!-~]|#")  # a fragment is not sent (RFC 9110, section 4.2.5)
_UNFIT_IN_VALUE = re.compile(r"[^ -~]")  # RFC 9110, section 5.5, without tabs and what is not ASCII
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def unfit_in_url(text: str) -> str | None:
    """Return what of a URL cannot be sent as it is, and where; None for nothing."""
    return _describe(_UNFIT_IN_URL.search(text))


def unfit_in_target(text: str) -> str | None:
    """Return what of a path and query cannot be sent as it is, and where; None for nothing."""
    return _describe(_UNFIT_IN_TARGET.search(text))


def is_token(text: str) -> bool:
    """Whether a text is a word, as the names of headers and cookies are (RFC 9110, section 5.6.2)."""
    return _TOKEN.fullmatch(text) is not None


def unfit_in_header(name: str, value: str) -> str | None:
    """Return what of a header cannot be sent, without the value, which may be a secret; None for nothing."""
    if not is_token(name):
        return "its name is not a word"
    unfit = _UNFIT_IN_VALUE.search(value)
    return None if unfit is None else f"{unfit[0]!r} is character {unfit.start() + 1} of the value of {name}"


def without_zone(netloc: str) -> str:
    """Return a host and port as they are sent: a zone means nothing to others (RFC 6874, section 4)."""
    return re.sub(r"%[^\]]*(?=\])", "", netloc)


def _describe(unfit: re.Match[str] | None) -> str | None:
    if unfit is None:
        return None
    return f"{unfit[0]!r} is character {unfit.start() + 1} of it; percent-encode it: {quote(unfit[0], safe='')}"
