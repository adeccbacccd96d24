"""What people write, made fit for a request: found to be so, or refused with the place that is not.

Pure but for the names of network interfaces, which stand in IPv6 zones.
"""

import re
import socket
from urllib.parse import quote

from rush_hour.errors import UsageError

_UNFIT_IN_URL = re.compile(r"[^!-~]")
_UNFIT_IN_TARGET = re.compile(r"[^!-~]|#")  # a fragment is not sent (RFC 9110, section 4.2.5)
_UNFIT_IN_VALUE = re.compile(r"[^ -~]")  # RFC 9110, section 5.5, without tabs and what is not ASCII
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110, section 5.6.2
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")  # RFC 1123, section 2.1; _ is in use
HOST_CHARACTERS = 253


def unfit_in_url(text: str) -> str | None:
    """Return what of a URL cannot be sent as it is, and where; None for nothing."""
    return _describe(_UNFIT_IN_URL.search(text))


def unfit_in_target(text: str) -> str | None:
    """Return what of a path and query cannot be sent as it is, and where; None for nothing."""
    return _describe(_UNFIT_IN_TARGET.search(text))


def unfit_in_header(name: str, value: str) -> str | None:
    """Return what of a header cannot be sent, without the value, which may be a secret; None for nothing."""
    if not _HEADER_NAME.fullmatch(name):
        return "its name is not a word"
    unfit = _UNFIT_IN_VALUE.search(value)
    return None if unfit is None else f"{unfit[0]!r} is character {unfit.start() + 1} of the value of {name}"


def usable_host(host: str, *, what: str) -> str:
    """Return a host as the system's resolver takes it: the zone of an IPv6 address by its number.

    Args:
        host: a name or an address, without brackets.
        what: the option or argument that it stands in.

    Raises:
        UsageError: it can be neither a name nor an address.
    """
    address, percent, zone = host.partition("%")
    if ":" in address:
        return f"{address}%{_zone_number(zone.removeprefix('25'), what)}" if percent else host  # RFC 6874: %25
    labels = host.removesuffix(".").split(".")
    if len(host) > HOST_CHARACTERS or not all(_LABEL.fullmatch(label) for label in labels):
        raise UsageError(
            f"{what}: expected a host name whose labels have 1 to 63 letters, digits and hyphens, got {host!r}."
        )
    return host


def without_zone(netloc: str) -> str:
    """Return a host and port as they are sent: a zone means nothing to others (RFC 6874, section 4)."""
    return re.sub(r"%[^\]]*(?=\])", "", netloc)


def _zone_number(zone: str, what: str) -> int:
    if zone.isascii() and zone.isdigit():
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except OSError as error:
        raise UsageError(f"{what}: expected a network interface after %, got {zone!r}.") from error


def _describe(unfit: re.Match[str] | None) -> str | None:
    if unfit is None:
        return None
    return f"{unfit[0]!r} is character {unfit.start() + 1} of it; percent-encode it: {quote(unfit[0], safe='')}"
