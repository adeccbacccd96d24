"""What the daemon's options say of HTTP: where its servers do not say it themselves, in code, this counts."""

from dataclasses import dataclass
from typing import Literal

BODY_BYTES = 1024 * 1024
CONNECTIONS = 16384
KEEP_ALIVE_TIMEOUT_S = 75.0
TRUSTED_PROXIES = ("127.0.0.1", "::1", "unix")

ProxyHeaders = Literal["x-forwarded", "forwarded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Some of the limits, and what proxies are believed: see `Limits` and `Proxy` of `api_hour.http`."""

    keep_alive_timeout_s: float = KEEP_ALIVE_TIMEOUT_S
    request_timeout_s: float = 0.0
    body_bytes: int = BODY_BYTES
    connections: int = CONNECTIONS
    trusted_proxies: tuple[str, ...] = TRUSTED_PROXIES
    proxy_headers: ProxyHeaders | None = None
    proxy_protocol: bool = False
