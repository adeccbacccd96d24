"""Hosts as people write them, made fit for the system's resolver."""

import re
import socket

from rush_hour.errors import UsageError

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")  # RFC 1123, section 2.1; _ is in use
HOST_CHARACTERS = 253


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


def _zone_number(zone: str, what: str) -> int:
    if zone.isascii() and zone.isdigit():
        return int(zone)
    try:
        return socket.if_nametoindex(zone)
    except OSError as error:
        raise UsageError(f"{what}: expected a network interface after %, got {zone!r}.") from error
