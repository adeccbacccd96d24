"""What the daemon's options say of HTTP: where its servers do not say it themselves, in code, this counts."""

from dataclasses import dataclass
from typing import Any, Literal

BODY_BYTES = 1024 * 1024
CONNECTIONS = 16384
GRACEFUL_TIMEOUT_S = 30.0
KEEP_ALIVE_TIMEOUT_S = 75.0
TRUSTED_PROXIES = ("127.0.0.1", "::1", "unix")

LifespanMode = Literal["auto", "on", "off"]
ProxyHeaders = Literal["x-forwarded", "forwarded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """Some of the limits, what proxies are believed, and whether ASGI applications have a lifespan.

    See `Limits`, `Proxy` and `Lifespan` of `api_hour.http`.
    """

    keep_alive_timeout_s: float = KEEP_ALIVE_TIMEOUT_S
    request_timeout_s: float = 0.0
    body_bytes: int = BODY_BYTES
    connections: int = CONNECTIONS
    trusted_proxies: tuple[str, ...] = TRUSTED_PROXIES
    proxy_headers: ProxyHeaders | None = None
    proxy_protocol: bool = False
    lifespan: LifespanMode = "auto"
    graceful_timeout_s: float = GRACEFUL_TIMEOUT_S

    @staticmethod
    def of_container(container: Any) -> "HttpOptions":
        """Return what the worker of a container was told; the defaults without one."""
        options: HttpOptions = getattr(getattr(container, "worker", None), "http", HttpOptions())
        return options
