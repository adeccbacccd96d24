"""What the daemon's options say of HTTP counts for the servers of its workers, where these do not say it themselves."""

from types import SimpleNamespace

import pytest

from api_hour.config.http_options import HttpOptions
from api_hour.http import HttpServer, Limits, Proxy, Router
from api_hour.http.asgi import AsgiServer
from api_hour.http.server import Server

OPTIONS = HttpOptions(
    keep_alive_timeout_s=1.0,
    request_timeout_s=2.0,
    body_bytes=3,
    connections=4,
    url_bytes=5,
    head_bytes=6,
    header_count=7,
    ws_message_bytes=8,
    ws_ping_interval_s=9.0,
    trusted_proxies=("unix",),
    proxy_headers="forwarded",
    proxy_protocol=True,
)


async def application(_scope: object, _receive: object, _send: object) -> None:
    raise NotImplementedError


def container_of(options: HttpOptions) -> SimpleNamespace:
    return SimpleNamespace(worker=SimpleNamespace(http=options))


@pytest.mark.parametrize(
    "server",
    [
        HttpServer(Router(), container=container_of(OPTIONS)),
        AsgiServer(application, container=container_of(OPTIONS)),
    ],
)
def test_a_server_that_says_nothing_has_what_the_options_say(server: Server) -> None:
    assert server.limits == Limits(
        keep_alive_timeout_s=1.0,
        request_timeout_s=2.0,
        body_bytes=3,
        connections=4,
        target_bytes=5,
        head_bytes=6,
        header_count=7,
        message_bytes=8,
        ping_interval_s=9.0,
    )
    assert server.proxy == Proxy(trusted=("unix",), headers="forwarded", protocol=True)


def test_what_a_server_says_itself_counts() -> None:
    proxy = Proxy(headers="x-forwarded")
    server = HttpServer(Router(), container=container_of(OPTIONS), limits=Limits(body_bytes=9), proxy=proxy)

    assert (server.limits, server.proxy) == (Limits(body_bytes=9), proxy)


@pytest.mark.parametrize("container", [None, SimpleNamespace(worker=SimpleNamespace()), container_of(HttpOptions())])
def test_without_options_there_are_the_defaults_and_no_proxy(container: object) -> None:
    server = HttpServer(Router(), container=container)

    assert (server.limits, server.proxy) == (Limits(), None)


def test_to_trust_proxies_without_saying_what_they_say_believes_nothing() -> None:
    assert Proxy.of_options(HttpOptions(trusted_proxies=("*",))) is None
