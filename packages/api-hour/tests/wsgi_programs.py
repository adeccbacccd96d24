"""Generated programs for a WSGI application, the application that carries them out, and what a client sees of it."""

import http.client
import json
import random
import socket
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

APPLICATION = """
import json
from urllib.parse import unquote


def Container(environ, start_response):
    if environ["PATH_INFO"].endswith("/environ"):
        start_response("200 OK", [("Content-Type", "application/json")])
        seen = {name: value for name, value in environ.items() if isinstance(value, (str, bool, tuple))}
        return [json.dumps(seen | {"body": environ["wsgi.input"].read().decode("latin-1")}).encode()]
    return carry_out(json.loads(unquote(environ["QUERY_STRING"])), environ, start_response)


def carry_out(program, environ, start_response):
    if program["reads"] is not None:
        environ["wsgi.input"].read(*program["reads"])
    if program["raises"] == "at once":
        raise ValueError("at once")
    answer = Answer(program, environ, start_response)
    if program["form"] == "generator":
        return answer.generate()
    answer.start()
    if program["form"] == "list":
        return [piece for piece in answer.pieces()]
    return answer


def bytes_of(piece):
    return piece[0].encode() * piece[1]


class Answer:
    def __init__(self, program, environ, start_response):
        self.program = program
        self.start_response = start_response

    def start(self):
        program = self.program
        headers = [tuple(header) for header in program["headers"]]
        for _ in range(program["starts"]):
            write = self.start_response(program["status"], headers)
        for piece in program["writes"]:
            write(bytes_of(piece))

    def pieces(self):
        for number, piece in enumerate(self.program["pieces"]):
            if self.program["raises"] == number:
                raise ValueError(f"piece {number}")
            yield piece if piece == "text" else bytes_of(piece)

    def generate(self):
        self.start()
        yield from self.pieces()

    def __iter__(self):
        return self.pieces()

    def close(self):
        if self.program["raises"] == "close":
            raise ValueError("close")
"""

STATUSES = ["200 OK"] * 8 + [
    "201 Made it", "204 No Content", "304 Not Modified", "404 Not Found", "500 Oh", "299 Odd", "fine", "200", "99 Low",
]  # fmt: skip
HEADERS = [
    ("Content-Type", "text/plain"),
    ("X-One", "1"),
    ("Set-Cookie", "a=b"),
    ("Set-Cookie", "c=d"),
    ("Cache-Control", "no-store"),
    ("X-Latin", "\xe9"),
]
WRONG_HEADERS = [("X-Evil", "a\r\nX-More: b"), ("X Y", "z"), ("X-Wide", "\u20ac")]
PIECES = [("", 0), ("a", 1), ("b", 5), ("x", 5000), ("y", 70_000)]  # a character, and how often


def generate(seed: int) -> dict[str, Any]:
    """Make one program, always the same of a seed."""
    chance = random.Random(seed)  # noqa: S311  # for tests
    pieces = chance.choices(PIECES, k=chance.choice([0, 1, 1, 1, 2, 3]))
    writes = chance.choices(PIECES, k=2) if chance.random() < 0.15 else []
    headers: list[tuple[str, str]] = chance.sample(HEADERS, k=chance.randrange(4))
    if chance.random() < 0.05:
        headers.append(chance.choice(WRONG_HEADERS))
    if chance.random() < 0.4:
        length = sum(size_bytes for _, size_bytes in [*writes, *pieces]) + chance.choice([0] * 8 + [-1, 1])
        headers.append((chance.choice(["Content-Length", "content-length"]), str(max(0, length))))
    return {
        "method": chance.choice(["GET"] * 4 + ["POST", "HEAD"]),
        "status": chance.choice(STATUSES),
        "headers": headers,
        "starts": chance.choice([1] * 30 + [0, 2]),
        "writes": writes,
        "pieces": [*pieces, *(["text"] if chance.random() < 0.03 else [])],
        "form": chance.choice(["list", "generator", "object"]),
        "raises": chance.choice([None] * 8 + ["at once", 0, 1, "close"]),
        "reads": chance.choice([None, [], [3]]),
    }


@dataclass(frozen=True)
class Seen:
    """What a client saw: of an answer that the server gave for the application, only that."""

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    is_whole: bool = True


SERVER_S = frozenset({"date", "server", "connection", "transfer-encoding"})


def see(address: tuple[str, int], program: dict[str, Any]) -> Seen | None:
    """Ask for a program to be carried out; None for what is no answer."""
    path = "/?" + quote(json.dumps(program))
    body = b"posted" if program["method"] == "POST" else b""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    request = f"{program['method']} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{length}\r\n".encode() + body
    with socket.create_connection(address, timeout=20) as client:
        client.sendall(request)
        with closing(http.client.HTTPResponse(client, method=program["method"])) as response:
            try:
                response.begin()
            except (http.client.RemoteDisconnected, http.client.BadStatusLine, ConnectionResetError):
                return None
            return _read(response, program)


def _read(response: http.client.HTTPResponse, program: dict[str, Any]) -> Seen:
    try:
        body, is_whole = response.read(), True
    except http.client.IncompleteRead as error:
        body, is_whole = error.partial, False
    except ConnectionResetError:
        body, is_whole = b"", False
    if response.status == 500 and response.reason != "Oh":
        return Seen(500)
    said = {name.lower() for name, _ in program["headers"]}
    headers = sorted(
        (name.lower(), value)
        for name, value in response.getheaders()
        if name.lower() not in SERVER_S and (name.lower() != "content-length" or "content-length" in said)
    )
    return Seen(response.status, response.reason, tuple(headers), body, is_whole)
