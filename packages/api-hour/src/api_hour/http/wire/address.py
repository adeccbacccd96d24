"""Addresses of clients and servers. Pure."""

import ipaddress

Address = tuple[str, int]  # a host and a port

LAST_PORT = 65535


def plain_host(host: str) -> str:
    """Return a host as it is, an IPv4 address that came as IPv6 (`::ffff:1.2.3.4`) as IPv4 (RFC 4291, 2.5.5.2)."""
    if not host.lower().startswith("::ffff:"):
        return host
    try:
        return str(ipaddress.IPv6Address(host).ipv4_mapped or host)
    except ValueError:
        return host
