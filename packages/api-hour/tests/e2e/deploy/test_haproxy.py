"""HAProxy before two daemons, by the file of its page: TLS and the client's address pass, and no request is lost."""

import http.client
import json
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from daemon_process import Daemon
from deployed import beside, deployed, documented_command, file_for_here, free_port, program
from event_loops import TIMEOUT_S
from issued import Issuer
from monitored import monitor_of
from service_clients import Clients
from started_process import StartedProcess

from api_hour.config.tls_files import TlsFiles

CLIENT = "127.0.0.2"


def ask(port: int, context: ssl.SSLContext, *, client: str = CLIENT) -> None:
    """Ask on a connection of its own; any other answer than the right one raises."""
    connection = http.client.HTTPSConnection(
        "localhost", port, timeout=TIMEOUT_S, context=context, source_address=(client, 0)
    )
    try:
        connection.request("GET", "/")
        said = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    assert said == {"client": client, "scheme": "https", "host": f"localhost:{port}"}


@contextmanager
def balanced(directory: Path, daemons: dict[str, Daemon]) -> Iterator[tuple[int, StartedProcess]]:
    """Run HAProxy before daemons, by the addresses that its file has for them, and give its port."""
    haproxy, port, settings = program("haproxy"), free_port(), directory / "haproxy.cfg"
    replacements = {"bind :443": f"bind 127.0.0.1:{port}", "inter 1s": "inter 200ms"}
    for host, daemon in daemons.items():
        here = f"127.0.0.1:{port_of(daemon.tcp_address())} port {port_of(monitor_of(daemon))}"
        replacements[f"{host}:8443 port 9000"] = here
    settings.write_text(file_for_here("haproxy/haproxy.cfg", replacements))
    subprocess.run([haproxy, "-c", "-q", "-f", settings], check=True, timeout=TIMEOUT_S)
    with beside(directory / "haproxy", [haproxy, "-db", "-f", str(settings)], ("127.0.0.1", port)) as running:
        yield port, running


def stop(daemon: Daemon) -> None:
    """Stop a daemon without the rest of its delay."""
    if "stopping in" not in daemon.supervisor.log:
        daemon.supervisor.process.send_signal(signal.SIGTERM)
        daemon.supervisor.wait_for("stopping in")
    assert daemon.supervisor.stop() == 0


def command_for_here(certificate: TlsFiles) -> list[str]:
    replacements = {
        "0.0.0.0:8443": "127.0.0.1:0",
        "0.0.0.0:9000": "127.0.0.1:0",
        "10.0.0.10": "127.0.0.1",
        "/etc/ssl/app/cert.pem": certificate.cert,
        "/etc/ssl/app/key.pem": str(certificate.key),
        "app:app": "-w 1 app:app",
    }
    return documented_command("haproxy.md", replacements)


def port_of(address: object) -> int:
    assert isinstance(address, tuple)
    return int(address[1])


def test_client_and_tls_reach_the_application_and_nobody_notices_that_a_daemon_stops(tmp_path: Path) -> None:
    program("haproxy")
    issuer = Issuer(tmp_path)
    command, context = command_for_here(issuer.issue("app")), issuer.client_context()
    with (
        deployed(tmp_path / "one", command, workers=1) as one,
        deployed(tmp_path / "two", command, workers=1) as two,
        balanced(tmp_path, {"10.0.0.11": one, "10.0.0.12": two}) as (port, haproxy),
        Clients([lambda: ask(port, context)]).asking() as clients,
    ):
        clients.wait_for_more(20)
        one.supervisor.process.send_signal(signal.SIGTERM)
        haproxy.wait_for("Server app/app1 is DOWN")
        clients.wait_for_more(20)
        stop(one)
        clients.wait_for_more(20)
        two.supervisor.process.send_signal(signal.SIGHUP)
        two.supervisor.wait_for("reload done")
        clients.wait_for_more(20)
        assert clients.failures == []
        stop(two)


def test_the_proxy_must_introduce_its_clients_and_others_need_not(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    with deployed(tmp_path / "app", command_for_here(issuer.issue("app")), workers=1) as daemon:
        port = port_of(daemon.tcp_address())

        ask(port, issuer.client_context(), client="127.0.0.2")
        with pytest.raises(OSError):
            ask(port, issuer.client_context(), client="127.0.0.1")  # the address that is trusted
        stop(daemon)
