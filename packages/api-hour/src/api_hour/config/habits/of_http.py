"""The habits of HTTP, WebSockets, proxies and TLS."""

from api_hour.config.gunicorn_settings import PROXY_PROTOCOLS
from api_hour.config.habits import conversions as to
from api_hour.config.habits.habit import Server, alias, idle, instead, same

U, G, H, R = Server.UVICORN, Server.GUNICORN, Server.HYPERCORN, Server.GRANIAN

_NO_HTTP2 = "HTTP/2 is not spoken; a proxy before API-Hour may"
_STRICT = "what others could read in another way is refused, and nothing lifts that"
_OWN_ENGINE = "HTTP/1.1 is spoken by API-Hour's own engine"
_NO_FILES = "files are served by static_files() of api_hour.http.files, the application or a proxy"

HTTP = (
    idle("--http", _OWN_ENGINE, U, R),
    idle("--http-parser", _OWN_ENGINE, G),
    instead("--http2", _NO_HTTP2, U, has_value=False),
    idle("--http-protocols --http2-cleartext", _NO_HTTP2, G),
    idle("--http2-max-concurrent-streams --http2-max-frame-size", _NO_HTTP2, G, R),
    idle("--http2-initial-window-size --http2-max-header-list-size", _NO_HTTP2, G),
    idle("--http2-adaptive-window --no-http2-adaptive-window", _NO_HTTP2, R, has_value=False),
    idle(
        "--http2-initial-connection-window-size --http2-initial-stream-window-size --http2-keep-alive-interval "
        "--http2-keep-alive-timeout --http2-max-headers-size --http2-max-send-buffer-size",
        _NO_HTTP2,
        R,
    ),
    same("--keep-alive", G, H),
    alias("--timeout-keep-alive", "--keep-alive", U),
    idle("--http1-keep-alive", "connections are kept for --keep-alive seconds", R, has_value=False),
    instead("--no-http1-keep-alive", "here it is --keep-alive SECONDS", R, has_value=False),
    idle(
        "--http1-pipeline-flush --no-http1-pipeline-flush",
        "answers that are ready together go out together",
        R,
        has_value=False,
    ),
    idle("--http1-header-read-timeout", "a head has 10 seconds to come", R),
    instead("--read-timeout", "here it is --request-timeout SECONDS; what a client sends has time limits already", H),
    alias("--limit-request-line", "--max-url", G, says="without method and version"),
    alias("--limit-request-fields", "--max-headers", G),
    instead("--limit-request-field_size", "here it is --max-head BYTES, for the request line and all headers", G),
    instead("--h11-max-incomplete-event-size", "here it is --max-head BYTES", U),
    instead("--http1-buffer-size", "here it is --max-head BYTES for heads, and --max-body BYTES for bodies", R),
    same("--date-header --no-date-header", U, has_value=False),
    same("--server-header --no-server-header", U, has_value=False, says="off by default"),
    same("--header", U, variable="HEADERS"),
    same("--root-path", U, G, H),
    alias("--url-path-prefix", "--root-path", R),
    instead("--server-name", "which hosts are answered is for the application, or a proxy, to say", H),
    instead("--protocol", "uwsgi and FastCGI are not spoken; let the proxy speak HTTP", G),
    idle("--uwsgi-allow-from", "uwsgi is not spoken", G),
    idle("--no-sendfile", "only whole files are sent by it, and always", G, has_value=False),
    instead("--permit-obsolete-folding --strip-header-spaces", _STRICT, G, has_value=False),
    instead("--permit-unconventional-http-version", _STRICT, G, has_value=False),
    idle("--permit-unconventional-http-method", "any token is a method", G, has_value=False),
    instead("--casefold-http-method", "methods are told apart by case", G, has_value=False),
    instead(
        "--static-path-route --static-path-mount --static-path-dir-to-file --static-path-expires",
        _NO_FILES,
        R,
    ),
)

ASGI = (
    same("--lifespan", U),
    alias("--asgi-lifespan", "--lifespan", G),
    same("--loop", U, R),
    alias("--asgi-loop", "--loop", G),
    idle("--asgi-disconnect-grace-period", "work on an answer goes on when its client is gone", G),
    idle(
        "--reset-contextvars",
        "each request has a copy of the context in which the worker began to serve",
        U,
        has_value=False,
    ),
    same("--ws-max-size", U),
    alias("--websocket-max-message-size", "--ws-max-size", G),
    same("--ws-ping-interval", U),
    alias("--websocket-ping-interval", "--ws-ping-interval", H),
    idle("--ws-ping-timeout", "a ping may be answered until the next is due, see --ws-ping-interval", U),
    alias(
        "--ws-per-message-deflate",
        "--ws-per-message-deflate",
        U,
        says="off by default",
        has_value=False,
        words=to.is_boolean,
        convert=to.switch("--ws-per-message-deflate"),
    ),
    idle("--ws-max-queue", "what is kept of a client is bounded by its bytes", U),
    idle(
        "--ws",
        "WebSockets are served where the package websockets is installed",
        U,
        R,
        has_value=False,
        words=to.one_of("auto", "none", "websockets", "websockets-sansio", "wsproto"),
    ),
    instead("--no-ws", "an application that serves no WebSockets refuses them", R, has_value=False),
)

PROXIES = (
    alias(
        "--proxy-headers",
        "--proxy-headers",
        U,
        says="off by default, without a value x-forwarded",
        has_value=False,
        words=to.is_proxy_headers,
        convert=to.proxy_headers,
    ),
    alias(
        "--no-proxy-headers",
        "--proxy-headers",
        U,
        says="as none",
        has_value=False,
        convert=to.setting("--proxy-headers", "none"),
    ),
    alias(
        "--forwarded-allow-ips",
        "--trusted-proxy",
        U,
        G,
        says="each of its addresses, and their X-Forwarded headers are believed",
        convert=to.trusted_proxies,
    ),
    alias(
        "--proxy-protocol",
        "--proxy-protocol",
        G,
        says="where off, v1, v2 or auto may follow",
        has_value=False,
        words=to.one_of(*PROXY_PROTOCOLS),
        convert=to.proxy_protocol,
    ),
    alias("--proxy-allow-from", "--trusted-proxy", G, says="each of its addresses", convert=to.only_trusted_proxies),
    idle("--forwarder-headers", "no header of a proxy changes the path", G),
    idle("--header-map", "headers reach the application by the names that they have", G),
)

TLS = (
    same("--certfile", G, H),
    alias("--ssl-certfile", "--certfile", U),
    alias("--ssl-certificate", "--certfile", R),
    same("--keyfile", G, H),
    alias("--ssl-keyfile", "--keyfile", U, R),
    same("--keyfile-password", H),
    alias("--ssl-keyfile-password", "--keyfile-password", U, R),
    same("--ca-certs", G, H, says="clients must then have a certificate, unless --cert-reqs says otherwise"),
    alias("--ssl-ca-certs", "--ca-certs", U, says="clients must then have a certificate, unless --ssl-cert-reqs is 0"),
    alias("--ssl-ca", "--ca-certs", R, says="clients must then have a certificate"),
    same("--cert-reqs", G, H),
    alias("--ssl-cert-reqs", "--cert-reqs", U),
    alias("--verify-mode", "--cert-reqs", H),
    alias(
        "--ssl-client-verify",
        "--cert-reqs",
        R,
        says="as 2",
        has_value=False,
        convert=to.switch("--cert-reqs", on="2", off="0"),
    ),
    alias(
        "--no-ssl-client-verify", "--cert-reqs", R, says="as 0", has_value=False, convert=to.setting("--cert-reqs", "0")
    ),
    same("--ciphers", G, H),
    alias("--ssl-ciphers", "--ciphers", U),
    alias("--ssl-version", "--tls-version", U, G, says="where 17 is 1.2 and later", convert=to.tls_version),
    alias("--ssl-protocol-min", "--tls-version", R, convert=to.tls_version),
    instead("--ssl-crl", "lists of revoked certificates are not read; let a proxy do TLS", R),
    idle("--do-handshake-on-connect", "handshakes are done beside everything else", G, has_value=False),
    idle("--suppress-ragged-eofs", "a connection that ends without a word ends", G, has_value=False),
)

OF_HTTP = (*HTTP, *ASGI, *PROXIES, *TLS)
