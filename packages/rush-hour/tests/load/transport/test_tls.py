"""The load generator against real TLS servers."""

import pickle
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from in_process_load import drive_all
from load_runs import HELLO, run
from scripted_server import OK, ScriptedServer

from rush_hour.errors import StartError, UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.run import Observer
from rush_hour.load.share import OpenConnection
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import OneRequest, build_request

ServeTls = Callable[..., ScriptedServer]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def client_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "client.pem"
    authority.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


@pytest.fixture
def serve_tls(authority: trustme.CA) -> Iterator[ServeTls]:
    with ExitStack() as stack:

        def start(*, body_bytes: int = 5, asks_for_certificate: bool = False) -> ScriptedServer:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("example.org").configure_cert(context)
            if asks_for_certificate:
                authority.configure_trust(context)
                context.verify_mode = ssl.CERT_REQUIRED
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % body_bytes
            answer = OK if body_bytes == 5 else head + b"x" * body_bytes
            server = ScriptedServer(lambda _number: answer)
            server.start(context.wrap_socket(socket.create_server(("127.0.0.1", 0), backlog=100), server_side=True))
            stack.callback(server.stop)
            return server

        yield start


def test_a_server_with_a_trusted_certificate_is_loaded(serve_tls: ServeTls, ca_file: Path) -> None:
    server = serve_tls()

    result = run(server.url, tls=Tls.read(server_name="example.org", ca_file=ca_file))

    assert result.responses_good == len(server.requests) == 200
    assert server.connections == 10


def test_answers_of_many_records_are_read_whole(serve_tls: ServeTls, ca_file: Path) -> None:
    server = serve_tls(body_bytes=300_000)
    good = replace(HELLO, body=b"x" * 300_000)
    requests = OneRequest(build_request(parse_url(server.url), expectation=good))

    tls = Tls.read(server_name="example.org", ca_file=ca_file)
    result = drive_all(server.url, 200, tls=tls, requests=requests).result

    assert result.responses_good == 200


def test_a_certificate_of_someone_else_is_refused_by_name(serve_tls: ServeTls, ca_file: Path) -> None:
    server = serve_tls()

    with pytest.raises(StartError) as caught:
        run(server.url, tls=Tls.read(server_name="example.com", ca_file=ca_file), timeout_s=0.5)

    label = f"127.0.0.1:{server.port}"
    assert str(caught.value) == f"no connection to {label} could be opened: CERTIFICATE_VERIFY_FAILED."


def test_any_certificate_is_fine_when_it_is_not_verified(serve_tls: ServeTls) -> None:
    server = serve_tls()

    assert run(server.url, tls=Tls(server_name="whoever", verifies=False)).responses_good == 200


def test_a_client_certificate_is_shown_to_a_server_that_asks(
    serve_tls: ServeTls, ca_file: Path, client_file: Path
) -> None:
    server = serve_tls(asks_for_certificate=True)
    tls = Tls.read(server_name="example.org", ca_file=ca_file, cert_file=client_file)

    assert run(server.url, tls=tls).responses_good == 200


def test_the_ends_of_an_open_connection_are_told(serve_tls: ServeTls, ca_file: Path) -> None:
    server, found = serve_tls(), list[list[OpenConnection]]()
    tls = Tls.read(server_name="example.org", ca_file=ca_file)

    result = run(server.url, observer=Observer(on_connections=found.append), tls=tls)

    [connections] = found
    assert sum(connection.answers for connection in connections) == result.responses_total == 200
    assert {connection.peer for connection in connections} == {("127.0.0.1", server.port)}
    assert len({connection.own for connection in connections}) == 10


def test_each_request_may_have_a_handshake_of_its_own(serve_tls: ServeTls, ca_file: Path) -> None:
    server = serve_tls()

    result = run(
        server.url, tls=Tls.read(server_name="example.org", ca_file=ca_file), connection_per_request=True, rate_per_s=50
    )

    assert result.responses_good == server.connections == 50


def test_the_probe_speaks_tls_too(serve_tls: ServeTls, ca_file: Path) -> None:
    url = parse_url(serve_tls().url.replace("http", "https"))

    answer = ask_once(
        build_request(url), destination_of(url).resolve(), Tls.read(server_name="example.org", ca_file=ca_file)
    )

    assert answer.body == b"hello"


def test_files_that_are_no_certificates_are_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no certificate")

    with pytest.raises(UsageError) as caught:
        Tls.read(server_name="x", ca_file=path)
    assert str(caught.value).startswith(f"--cacert: expected a file of certificates, got {str(path)!r}: ")

    with pytest.raises(UsageError) as caught:
        Tls.read(server_name="x", cert_file=path)
    assert str(caught.value).startswith(
        f"--cert: expected a certificate and its key (--key) in PEM, got {str(path)!r}: "
    )


def test_files_travel_to_hosts_that_do_not_have_them_and_are_not_shown(ca_file: Path, client_file: Path) -> None:
    tls = Tls.read(server_name="example.org", ca_file=ca_file, cert_file=client_file, key_file=client_file)
    packed = pickle.dumps(tls)
    ca_file.unlink()
    client_file.unlink()

    there = pickle.loads(packed)  # noqa: S301  # our own

    assert there == tls
    assert there.context().get_ca_certs()
    assert "PRIVATE KEY" not in repr(tls)


def test_files_that_are_not_there_are_named(tmp_path: Path, client_file: Path) -> None:
    path = tmp_path / "none.pem"

    for files in ({"ca_file": path}, {"cert_file": path}, {"cert_file": client_file, "key_file": path}):
        with pytest.raises(UsageError) as caught:
            Tls.read(server_name="x", **files)  # type: ignore[arg-type]  # those that are files
        assert str(caught.value).endswith(
            f", got {str(next(iter(files.values())))!r}: [Errno 2] No such file or directory"
        )
