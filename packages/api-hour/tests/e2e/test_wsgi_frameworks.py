"""A real application of each WSGI framework, by the real command: the same things are asked of all, in both ways."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from daemon_process import daemon
from event_loops import TIMEOUT_S

TESTS = str(Path(__file__).parents[1])


@pytest.fixture(
    scope="module", params=[(name, threads) for name in ("django", "flask") for threads in ("1", "3")], ids=" ".join
)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one application."""
    name, threads = request.param
    pytest.importorskip(name)
    with daemon(
        tmp_path_factory.mktemp(name),
        *("-b", "127.0.0.1:0", "-w", "1", "--threads", threads, "--max-body", "8M"),
        app=f"from wsgi_apps.with_{name} import application as Container\n",
        environment={"PYTHONPATH": TESTS},
    ) as serving:
        serving.wait_ready(1)
        address = serving.tcp_address()
        with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", timeout=TIMEOUT_S) as client:
            yield client
        assert serving.supervisor.stop() == 0


def test_a_request_is_answered(client: httpx.Client) -> None:
    for number in range(3):
        answer = client.get("/hello", params={"a": f"é{number}"})
        assert (answer.status_code, answer.json()) == (200, {"path": "/hello", "query": {"a": f"é{number}"}})


@pytest.mark.parametrize("size_bytes", [0, 5, 500_000, 5_000_000])
def test_a_body_is_read(client: httpx.Client, size_bytes: int) -> None:
    assert client.post("/upload", content=b"x" * size_bytes).json() == {"size": size_bytes}


@pytest.mark.parametrize("size_bytes", [5, 500_000, 5_000_000])
def test_an_upload_is_read(client: httpx.Client, size_bytes: int) -> None:
    assert client.post("/upload", files={"file": b"x" * size_bytes}).json() == {"size": size_bytes}


def test_a_body_in_chunks_is_read(client: httpx.Client) -> None:
    answer = client.post("/upload", content=(b"x" * 10_000 for _ in range(50)))
    assert answer.json() == {"size": 500_000}


def test_a_session_is_kept_in_a_cookie(client: httpx.Client) -> None:
    assert [client.get("/count").json() for _ in range(3)] == [{"count": 1}, {"count": 2}, {"count": 3}]


def test_a_stream_comes_in_pieces(client: httpx.Client) -> None:
    with client.stream("GET", "/stream") as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.read() == b"".join(f"piece {number}\n".encode() for number in range(5))


@pytest.mark.parametrize("size_bytes", [0, 10, 3_000_000])
def test_a_file_is_sent(client: httpx.Client, size_bytes: int, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(range(256)) * (size_bytes // 256) + bytes(size_bytes % 256))

    answer = client.get("/file", params={"path": str(path)})

    assert answer.headers["content-length"] == str(size_bytes)
    assert answer.content == path.read_bytes()
    assert client.head("/file", params={"path": str(path)}).headers["content-length"] == str(size_bytes)


def test_an_answer_without_a_body_has_none(client: httpx.Client) -> None:
    for _ in range(2):
        answer = client.get("/nothing")
        assert (answer.status_code, answer.content) == (204, b"")


def test_what_is_not_there_is_answered_by_the_framework(client: httpx.Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_an_error_is_answered_by_the_framework(client: httpx.Client) -> None:
    answer = client.get("/boom")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert client.get("/hello").status_code == 200
