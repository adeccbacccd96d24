"""TLS by the `api_hour` command: certificates for each address, and their change while clients are connected."""

import http.client
import json
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from daemon_process import Daemon, body_of, connect, daemon, exchange, get, read_all
from event_loops import TIMEOUT_S
from issued import Issuer, copy_files, subject_of
from started_process import started

from api_hour.config.tls_files import TlsFiles

APP = """
import api_hour
from api_hour.http import HttpServer, Router


class Container(api_hour.Container):
    def make_servers(self):
        router = Router()
        router.add("GET", "/", self.answer)
        router.add("GET", "/same", self.answer_the_same)
        router.add("GET", "/client", self.answer_client)
        return [HttpServer(router, container=self)]

    async def answer(self, request):
        return {"scheme": request.scheme, "worker_id": self.worker.worker_id}

    async def answer_client(self, request):
        return [request.client, request.scheme]

    async def answer_the_same(self, request):
        return "same"
"""


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def with_tls(files: TlsFiles) -> str:
    return f"127.0.0.1:0,cert={files.cert},key={files.key}"


@contextmanager
def https(running: Daemon, issuer: Issuer, number: int = 0) -> Iterator[http.client.HTTPSConnection]:
    """Connect to an address that has a certificate; the connection is kept for the block."""
    address = running.tcp_address(number)
    assert isinstance(address, tuple)
    client = http.client.HTTPSConnection(*address, timeout=TIMEOUT_S, context=issuer.client_context())
    client.connect()
    try:
        yield client
    finally:
        client.close()


def ask(client: http.client.HTTPSConnection) -> dict[str, object]:
    client.request("GET", "/")
    with client.getresponse() as response:
        answer = json.loads(response.read())
    assert isinstance(answer, dict)
    return answer


def shown(client: http.client.HTTPSConnection) -> str:
    assert isinstance(client.sock, ssl.SSLSocket)
    return subject_of(client.sock)


def test_one_daemon_has_addresses_with_and_without_tls(tmp_path: Path, issuer: Issuer) -> None:
    binds = ["-b", with_tls(issuer.issue("first")), "-b", "127.0.0.1:0", "-b", with_tls(issuer.issue("second"))]
    with daemon(tmp_path, *binds, "-w1", app=APP) as running:
        running.wait_ready(1)

        assert json.loads(body_of(exchange(running.tcp_address(1), get("/"))))["scheme"] == "http"
        for number, name in ((0, "first"), (2, "second")):
            with https(running, issuer, number) as client:
                assert (shown(client), ask(client)["scheme"]) == (name, "https")
        assert running.supervisor.stop() == 0
    assert "Traceback" not in running.supervisor.log


def test_a_proxy_says_before_the_handshake_for_whom_a_connection_is(tmp_path: Path, issuer: Issuer) -> None:
    binds = ["-b", with_tls(issuer.issue("a")), "-b", "127.0.0.1:0"]
    with daemon(tmp_path, *binds, "-w1", "--proxy-protocol", "--access-log", "%(h)s %(r)s", app=APP) as running:
        running.wait_ready(1)
        header = b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 443\r\n"

        with connect(running.tcp_address(0)) as client:
            client.sendall(header)
            with issuer.client_context().wrap_socket(client, server_hostname="localhost") as stream:
                stream.sendall(get("/client"))
                assert json.loads(body_of(read_all(stream))) == [["192.0.2.7", 4711], "https"]
        plain = exchange(running.tcp_address(1), header + get("/client"))
        assert json.loads(body_of(plain)) == [["192.0.2.7", 4711], "http"]
        with connect(running.tcp_address(0)) as client:
            client.sendall(b"\x16\x03\x01")  # a handshake without a header before it
            with suppress(ConnectionResetError):
                assert read_all(client) == b""
        assert running.supervisor.stop() == 0
    assert running.supervisor.log.count("192.0.2.7 GET /client HTTP/1.1") == 2
    assert "closed a connection before its TLS handshake: expected a PROXY protocol header" in running.supervisor.log


def test_a_certificate_for_all_addresses_is_taken_from_gunicorn_s_file(tmp_path: Path, issuer: Issuer) -> None:
    files = issuer.issue("all")
    (tmp_path / "conf.py").write_text(
        f"bind = '127.0.0.1:0, {with_tls(issuer.issue('own'))}'\ncertfile = {files.cert!r}\nkeyfile = {files.key!r}\n"
    )
    with daemon(tmp_path, "-c", "conf.py", "-w1", app=APP) as running:
        running.wait_ready(1)

        for number, name in ((0, "all"), (1, "own")):
            with https(running, issuer, number) as client:
                assert shown(client) == name


def test_a_certificate_that_changes_is_shown_to_new_clients_and_open_connections_stay(
    tmp_path: Path, issuer: Issuer
) -> None:
    files, new = issuer.issue("old"), issuer.issue("new")
    with daemon(tmp_path, "-b", with_tls(files), "-w2", app=APP) as running:
        running.wait_ready(2)
        with https(running, issuer) as kept:
            worker_id = ask(kept)["worker_id"]

            copy_files(new, files)
            running.supervisor.wait_for(r"certificate .* has changed: new connections get it, until ")
            while True:  # the workers hear of it a moment later
                with https(running, issuer) as client:
                    ask(client)
                    if shown(client) == "new":
                        break

            assert (shown(kept), ask(kept)["worker_id"]) == ("old", worker_id)


def test_a_reload_takes_the_new_certificate(tmp_path: Path, issuer: Issuer) -> None:
    files, new = issuer.issue("old"), issuer.issue("new")
    with daemon(tmp_path, "-b", with_tls(files), "-w1", "--drain-timeout", "0", app=APP) as running:
        running.wait_ready(1)

        copy_files(new, files)
        running.supervisor.process.send_signal(signal.SIGHUP)
        running.supervisor.wait_for("reload done")
        running.supervisor.wait_for(r"worker 1, pid \d+, ended with exit code 0")  # until then it may have one more

        with https(running, issuer) as client:
            assert (shown(client), ask(client)["worker_id"]) == ("new", 2)


def test_a_reload_with_a_bad_certificate_keeps_the_workers_and_their_certificate(
    tmp_path: Path, issuer: Issuer
) -> None:
    files, other = issuer.issue("old"), issuer.issue("other")
    with daemon(tmp_path, "-b", with_tls(files), "-w1", app=APP) as running:
        running.wait_ready(1)
        with https(running, issuer) as kept:
            ask(kept)

            Path(files.cert).write_bytes(Path(other.cert).read_bytes())
            running.supervisor.process.send_signal(signal.SIGHUP)
            reason = f"key {files.key}: it is not the key of certificate {files.cert}."
            refused = f"reload refused, everything stays as it is: {reason}"
            running.supervisor.wait_for(refused.replace(".", r"\."))
            running.supervisor.wait_for("a certificate has changed and cannot be used, the old one stays: ")

            with https(running, issuer) as client:
                assert (shown(client), ask(client)["worker_id"]) == ("old", 1)
            assert ask(kept)["worker_id"] == 1
    assert "Traceback" not in running.supervisor.log
    assert running.supervisor.log.count("the old one stays") == 1


def test_a_bad_certificate_at_the_start_is_exit_code_2_in_one_line(tmp_path: Path, issuer: Issuer) -> None:
    files = issuer.issue("a")
    Path(files.cert).write_text("")
    with daemon(tmp_path, "-b", with_tls(files), app=APP) as running:
        assert running.supervisor.wait() == 2
    assert (
        running.supervisor.log == f"api_hour: certificate {files.cert}: expected a certificate in PEM; there is none.\n"
    )


def test_no_request_fails_while_certificates_change(tmp_path: Path, issuer: Issuer) -> None:
    files, new = issuer.issue("old"), issuer.issue("new")
    with daemon(tmp_path, "-b", with_tls(files), "-w2", "--drain-timeout", "1", app=APP) as running:
        running.wait_ready(2)
        address = running.tcp_address()
        assert isinstance(address, tuple)
        (tmp_path / "load").mkdir()
        load = ["rush-hour", "load", "-t1", "-c10", "-d8s", "-R200", "--cacert", str(issuer.ca_path)]
        load += ["--json", "load.json", f"https://127.0.0.1:{address[1]}/same"]
        with started(load, directory=tmp_path / "load") as client:
            client.wait_for("measuring")
            copy_files(new, files)
            running.supervisor.wait_for("has changed: new connections get it")
            running.supervisor.process.send_signal(signal.SIGHUP)
            running.supervisor.wait_for("reload done")
            client.process.wait(TIMEOUT_S)
        result = json.loads((tmp_path / "load" / "load.json").read_text())["result"]
    assert result["errors"] == {}
    assert result["responses_good"] == result["requests_due"] == 1600
