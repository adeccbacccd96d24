"""The options of HTTP: where the daemon's servers do not say it themselves, in code, this counts."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from api_hour.config.answer_options import AnswerOptions
from api_hour.config.limit_options import LimitOptions
from api_hour.config.shared_options import SharedOptions
from api_hour.config.values import check_not_negative, check_positive, check_proxies, check_token, read_size

BODY_BYTES = 1024 * 1024
CONNECTIONS = 16384
KEEP_ALIVE_TIMEOUT_S = 75.0
TRUSTED_PROXIES = ("127.0.0.1", "::1", "unix")

LifespanMode = Literal["auto", "on", "off"]
ProxyHeaders = Literal["x-forwarded", "forwarded"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class HttpOptions(AnswerOptions, LimitOptions, SharedOptions):
    """Some of the limits, what proxies are believed, and how applications are called.

    See `Limits`, `Proxy` and `Lifespan` of `api_hour.http`.
    """

    keep_alive_timeout_s: Annotated[
        float,
        Parameter(
            name="--keep-alive",
            validator=check_not_negative,
            help="Seconds that a connection may rest between two HTTP requests.",
        ),
    ] = KEEP_ALIVE_TIMEOUT_S
    request_timeout_s: Annotated[
        float,
        Parameter(
            name="--request-timeout",
            validator=check_not_negative,
            help="Seconds that an HTTP request may take to be answered, then it is 503; 0 for no limit.",
        ),
    ] = 0.0
    body_bytes: Annotated[
        int,
        Parameter(
            name="--max-body",
            converter=read_size,
            validator=check_not_negative,
            help="Largest body of an HTTP request, such as 10M; a larger one is 413.",
        ),
    ] = BODY_BYTES
    connections: Annotated[
        int,
        Parameter(
            name="--max-connections",
            validator=check_positive,
            help="HTTP connections that each worker may have open; one more is 503.",
        ),
    ] = CONNECTIONS
    trusted_proxies: Annotated[
        tuple[str, ...],
        Parameter(
            name="--trusted-proxy",
            validator=check_proxies,
            negative="",
            show_default=" ".join,
            help="Proxy whose word counts: an address, a network, unix, or * for anybody. May be repeated.",
        ),
    ] = TRUSTED_PROXIES
    proxy_headers: Annotated[
        ProxyHeaders | None,
        Parameter(help="Headers in which a trusted proxy names its client. None by default."),
    ] = None
    proxy_protocol: Annotated[
        bool,
        Parameter(
            negative="",
            help="Connections from trusted proxies begin with a PROXY protocol header, of version 1 or 2.",
        ),
    ] = False
    threads: Annotated[
        int,
        Parameter(
            validator=check_positive,
            help="WSGI requests that each worker answers at a time, each in a thread; with 1, in its loop's.",
        ),
    ] = 1
    request_id_header: Annotated[
        str | None,
        Parameter(
            validator=check_token,
            help="Header, such as X-Request-ID, that gives each request an id: a trusted proxy's, or a new one.",
        ),
    ] = None
    lifespan: Annotated[
        LifespanMode,
        Parameter(help="Whether an ASGI application has a lifespan; auto: unless it shows that it knows none."),
    ] = "auto"

    @staticmethod
    def of_container(container: Any) -> "HttpOptions":
        """Return what the worker of a container was told; the defaults without one."""
        options: HttpOptions = getattr(getattr(container, "worker", None), "http", HttpOptions())
        return options
