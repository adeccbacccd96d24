"""Large requests and answers: nothing is copied that need not be, and the probe reads what the load reads."""

import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest
from in_process_load import ONE_AFTER_THE_OTHER, drive_all
from load_runs import run
from scripted_server import OK, ScriptedServer

from rush_hour.core.expectation import Expectation
from rush_hour.load.local.packed import Packed
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import ONE_PIECE_BYTES, OneRequest, Request, build_request

Serve = Callable[..., ScriptedServer]
MIB = 1024 * 1024
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge"


@pytest.fixture
def serve_uploads() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Start a server that hands each connection to a function, after the head of its request."""
    with ExitStack() as stack:

        def start(serve: Callable[[socket.socket], None]) -> str:
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)

            def one(sock: socket.socket) -> None:
                with suppress(OSError), sock:
                    serve(sock)

            def accept() -> None:
                with suppress(OSError):
                    while True:
                        threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

            thread = threading.Thread(target=accept, daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.close)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"http://127.0.0.1:{listener.getsockname()[1]}/"

        yield start


def upload(url: str, length_bytes: int, status: int = 200) -> OneRequest:
    expectation = Expectation(statuses=frozenset({status}))
    return OneRequest(
        build_request(parse_url(url), method="POST", body=b"x" * length_bytes, expectation=expectation)
    )  # fmt: skip


def read_exactly(sock: socket.socket, length_bytes: int) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise OSError  # the client has ended
        head += byte
    missing = length_bytes
    while missing:
        data = sock.recv(min(missing, MIB))
        if not data:
            raise OSError
        missing -= len(data)


def test_a_large_body_arrives_whole_and_is_held_once(
    serve_uploads: Callable[[Callable[[socket.socket], None]], str],
) -> None:
    length = 64 * MIB

    def serve(sock: socket.socket) -> None:
        while True:
            read_exactly(sock, length)
            sock.sendall(OK)

    url = serve_uploads(serve)
    pace = ONE_AFTER_THE_OTHER | {"max_requests": 4, "connections": 2, "requests": upload(url, length)}
    result = run(url, **pace)  # type: ignore[arg-type]  # the plan's own fields

    assert result.responses_good == result.requests_due == 4
    assert result.generator.max_rss_bytes < 2 * length  # its own, and the body once


def test_bodies_of_any_size_are_sent_whole(
    serve_uploads: Callable[[Callable[[socket.socket], None]], str],
) -> None:
    for length in (0, 1, ONE_PIECE_BYTES, ONE_PIECE_BYTES + 1, MIB):

        def serve(sock: socket.socket, length: int = length) -> None:
            while True:
                read_exactly(sock, length)
                sock.sendall(OK)

        url = serve_uploads(serve)
        assert drive_all(url, 10, requests=upload(url, length)).result.responses_good == 10


@pytest.mark.parametrize("hangs_up", ["closes", "goes on reading"])
def test_an_early_answer_is_read_before_the_hang_up_is_called_an_error(
    serve_uploads: Callable[[Callable[[socket.socket], None]], str], hangs_up: str
) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(1000)
        sock.sendall(TOO_LARGE)
        sock.shutdown(socket.SHUT_WR)
        while hangs_up != "closes" and sock.recv(MIB):
            pass  # otherwise what is left unread makes the close a reset

    url = serve_uploads(serve)
    requests = upload(url, 8 * MIB, 413)

    report = drive_all(url, 10, requests=requests, connections=2)
    answer = ask_once(requests.request, destination_of(parse_url(url)).resolve())

    assert report.result.responses_by_status == {"413": 10}
    assert report.result.errors == {}
    assert (answer.status, answer.body) == (413, b"large")


def answers_of(*bodies: bytes) -> dict[str, bytes]:
    many_headers = b"".join(b"X-%d: y\r\n" % number for number in range(300))
    return {
        "LF alone": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        "300 headers": b"HTTP/1.1 200 OK\r\n" + many_headers + b"Content-Length: 5\r\n\r\nhello",
        "30 MB": b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" + bodies[0],
        "chunks of 16 bytes": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + bodies[1] + b"0\r\n\r\n",
    }


@pytest.mark.parametrize("name", answers_of(b"", b""))
def test_the_probe_and_the_load_take_the_same_for_an_answer(serve: Serve, name: str) -> None:
    answer = answers_of(b"x" * 30_000_000, b"10\r\n0123456789abcdef\r\n" * 20_000)[name]
    server = serve(lambda _number: answer)
    url = parse_url(server.url)

    asked = build_request(url)
    probed = ask_once(asked, destination_of(url).resolve(), timeout_s=30.0)
    request = replace(asked, expectation=Expectation(body=probed.body))
    result = drive_all(server.url, 4, requests=OneRequest(request), connections=2).result

    assert result.responses_good == 4


def test_a_packed_request_is_the_same_on_the_other_side_and_its_body_is_shared() -> None:
    request = Request(method="POST", data=b"POST / HTTP/1.1\r\n\r\n", body=b"x" * MIB)
    packed = Packed([request, request])
    try:
        first, second = packed.unpack()
        assert first is second
        assert (first.method, first.data, bytes(first.body)) == (request.method, request.data, request.body)
        assert first.body.readonly
        assert len(packed._data) < 10_000
    finally:
        packed.close()
    assert pickle.loads(pickle.dumps(request, protocol=5)) == request  # noqa: S301  # our own
