"""The example of docs/api-hour/http.md, as a client sees it; what the page shows is in it."""

import asyncio
import importlib.util
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from event_loops import run_in_loop
from http_connection import Answer, Connection, connected
from websockets.asyncio.client import connect

from api_hour.http import HttpServer

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "notes.py"
PAGE = ROOT / "docs" / "api-hour" / "http.md"
NOTE = b'{"title":"milk","text":"two litres"}'


def load_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notes", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "Host: a", *headers, *([f"Content-Length: {len(body)}"] if body else []), "", ""]
    return "\r\n".join(lines).encode() + body


def serve(use: Callable[[Connection], Coroutine[Any, Any, Any]]) -> Any:
    """Use a connection to the example, which has one note."""

    async def main() -> Any:
        module = load_example()
        container = SimpleNamespace(services={"notes": module.Notes()})
        async with connected(HttpServer(module.router, container=container)) as connection:
            written = await connection.ask(request("POST /notes", body=NOTE))
            assert (written.status, written.headers["location"]) == (201, "/notes/1")
            return await use(connection)

    return run_in_loop(main())


def ask(line: str, *headers: str, body: bytes = b"") -> Answer:
    answer = serve(lambda connection: connection.ask(request(line, *headers, body=body)))
    assert isinstance(answer, Answer)
    assert answer.headers["server-timing"].startswith("app;dur=")
    return answer


def test_what_the_page_shows_is_in_the_example() -> None:
    source = EXAMPLE.read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    assert len(blocks) >= 8
    for block in blocks:
        assert block in source


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("GET /notes", b'[{"number":1,"title":"milk"}]'),
        ("GET /notes?title=x", b"[]"),
        ("GET /count", b'{"notes":1}'),
        ("GET /notes/1", NOTE),
        ("GET /source", EXAMPLE.read_bytes()),
        ("GET /static/notes.py", EXAMPLE.read_bytes()),
    ],
)
def test_notes_are_read(line: str, body: bytes) -> None:
    answer = ask(line)

    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    ("line", "sent", "status", "body"),
    [
        ("GET /notes/2", b"", 404, b'{"error":"there is no note 2"}'),
        ("GET /notes/x", b"", 404, b"nothing is at /notes/x\n"),
        ("PUT /notes/1", b"", 405, b"PUT is not possible here; possible: GET, HEAD, OPTIONS\n"),
        ("POST /notes", b"{", 400, b"expected a JSON body; Input data was truncated\n"),
        ("POST /notes", b'{"title":""}', 422, b"a note needs a title\n"),
        (
            "POST /notes",
            b"{}",
            422,
            b"the JSON body is not what is expected; Object missing required field `title`\n",
        ),
        ("GET /static/../README.md", b"", 404, b"there is no such file\n"),
    ],
)
def test_errors_say_what_is_wrong(line: str, sent: bytes, status: int, body: bytes) -> None:
    answer = ask(line, body=sent)

    assert (answer.status, answer.body) == (status, body)


def test_a_note_that_the_client_has_is_not_sent_again() -> None:
    assert ask("GET /notes/1", 'If-None-Match: "1"').status == 304


def test_a_form_leads_to_its_note_and_the_cookie_comes_back() -> None:
    answer = ask("POST /form", "Content-Type: application/x-www-form-urlencoded", body=b"title=tea&text=green")

    assert (answer.status, answer.headers["location"]) == (303, "/notes/2")
    assert answer.headers["set-cookie"] == ("last-note=2; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert ask("GET /last", "Cookie: last-note=2").body == b'{"number":"2"}'


def test_files_are_measured_as_they_come() -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\n12345\r\n--b--\r\n'

    assert ask("POST /sizes", "Content-Type: multipart/form-data; boundary=b", body=form).body == b'{"a":5}'


def test_titles_are_streamed() -> None:
    async def use(connection: Connection) -> bytes:
        connection.send(request("GET /export"))
        await connection.reader.readuntil(b"\r\n\r\n")
        return await connection.reader.readexactly(15)

    assert serve(use) == b"5\r\nmilk\n\r\n0\r\n\r\n"


def test_events_begin_after_what_was_seen() -> None:
    async def use(connection: Connection) -> bytes:
        connection.send(request("GET /events"))
        await connection.reader.readuntil(b"\r\n\r\n")
        return await connection.reader.readuntil(b"\n\n")

    assert serve(use).partition(b"\r\n")[2] == b"event: note\nid: 1\ndata: milk\n\n"


def test_each_message_of_a_websocket_becomes_a_note() -> None:
    async def main() -> str | bytes:
        module = load_example()
        server = HttpServer(module.router, container=SimpleNamespace(services={"notes": module.Notes()}))
        listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        try:
            address = f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}/dictation"
            async with connect(address, proxy=None) as websocket:
                await websocket.send("milk")
                return await websocket.recv()
        finally:
            listening.close()
            await listening.wait_closed()

    assert run_in_loop(main()) == "1"
