"""What several conversations ask: static files in all ways, large bodies, and talks over WebSockets."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from applications_client import TIMEOUT_S, Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

POLL_S = 0.05
MEGABYTE = bytes(range(256)) * 4096


def make_static_files(directory: Path) -> None:
    """Make static files."""
    static = directory / "static"
    static.mkdir()
    (static / "style.css").write_text("body { color: black }\n" * 200)
    (static / "picture.bin").write_bytes(MEGABYTE)


def static_files(client: Client, path: str) -> None:
    """Ask for a static file in all ways."""
    answer = client.get(path)
    client.ask("HEAD", path)
    for field, value in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        if value in answer.headers:
            client.get(path, headers={field: answer.headers[value]}, step=f"GET {path} {field}")
    for ranges in ("bytes=10-19", "bytes=-5", "bytes=999999999-", "bytes=0-1,4-5"):
        client.get(path, headers={"Range": ranges, "Accept-Encoding": "identity"}, step=f"GET {path} {ranges}")


def parts() -> Iterator[bytes]:
    """Give a body in pieces."""
    for number in range(100):
        yield MEGABYTE[: number * 101 + 1]


def note_digest(client: Client, path: str) -> None:
    """Read a file as it comes."""
    digest = hashlib.sha256()
    with client.http.stream("GET", path) as answer:
        for part in answer.iter_bytes():
            digest.update(part)
    client.note(f"{path} as it comes", digest=digest.hexdigest())


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, or too long."""
    give_up_at_s = time.monotonic() + TIMEOUT_S
    while not is_so() and time.monotonic() < give_up_at_s:
        time.sleep(POLL_S)


def websocket(client: Client, path: str, *, subprotocols: tuple[str, ...] = ()) -> None:
    """Talk over a WebSocket that sends back texts in capitals and bytes reversed, until one says goodbye."""
    offered = [Subprotocol(name) for name in subprotocols] or None
    with connect(f"ws://{client.address}{path}", subprotocols=offered, origin=origin(client), proxy=None) as websocket:
        assert websocket.response is not None
        fields = sorted(f"{name.lower()}: {value}" for name, value in websocket.response.headers.raw_items())
        own = ("date", "server", "sec-websocket-accept", "sec-websocket-extensions")
        fields = [each for each in fields if not each.startswith(own)]
        client.note(f"WebSocket {path}", protocol=websocket.subprotocol, fields=fields)
        for message in ("hello", "ünïcödé", "x" * 200_000, b"abc", MEGABYTE[:500_000]):
            websocket.send(message)
            client.note("a WebSocket's message", came=websocket.recv(TIMEOUT_S))
        websocket.send("goodbye")
        with suppress(ConnectionClosed):
            client.note("a WebSocket should have ended", came=websocket.recv(TIMEOUT_S))
        client.note("a WebSocket ends", code=websocket.close_code, reason=websocket.close_reason)


def refused_websocket(client: Client, path: str) -> None:
    """Ask for a WebSocket that is refused."""
    try:
        connect(f"ws://{client.address}{path}", origin=origin(client), proxy=None)
    except InvalidStatus as error:
        client.note(f"WebSocket {path} is refused", status=error.response.status_code)


def origin(client: Client) -> Origin:
    """Return what a page of the server has as its origin."""
    return Origin(f"http://{client.address}")
