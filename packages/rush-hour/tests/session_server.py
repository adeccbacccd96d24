"""A server with logins, in a process of its own, that knows which user each connection is and takes no other.

GET /login         200, sets the cookies `csrf` and `theme`
POST /login        303 for the right form, sets the cookie `session`; 403 without the right `csrf`, 401 for a wrong word
GET /me            200 and the name of the user as JSON, for the cookie `session` of this connection; else 401
POST /notes        201 and {"id": N} for the header X-CSRF of this session; 403 without
GET /notes/N       200 for a note of this user; else 404
GET /leave         303, deletes the cookie `session`
GET /close         200, and the connection is closed
GET /chunked       200 and {"id": 7} in two chunks
GET /who           200 and how many sessions and mistakes there were, as JSON

A mistake is a request whose cookies are not those that were set on its connection.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

LOGIN = """
[session]
data = "users.csv"

[[session.requests]]
path = "/login"
take = { csrf = { cookie = "csrf" } }

[[session.requests]]
method = "POST"
path = "/login"
form = { user = "{{user}}", password = "secret of {{user}}", csrf = "{{csrf}}" }
expect = { status = 303 }
"""  # of a file of requests
PORT = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 0
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"id":\r\n3\r\n 7}\r\n0\r\n\r\n'
OFFICE = {"sessions": 0, "mistakes": 0}
users: dict[str, str] = {}  # by session
notes: dict[int, str] = {}  # by number: whose they are


class Login(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""
        self.given: dict[str, str] = {}  # the cookies that were set on this connection

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            length = int(headers.get("content-length", "0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            method, target, _ = lines[0].split(" ")
            self.answer(method, target, headers, rest[:length].decode())

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> None:
        sent = self.cookies_of(headers)
        user = users.get(sent.get("session", ""))
        match method, target.partition("?")[0].split("/")[1:]:
            case "GET", ["login"]:
                self.reply("200 OK", "please", cookies={"csrf": f"c{id(self)}", "theme": "dark"})
            case "POST", ["login"]:
                self.log_in(parse_qs(body), sent)
            case "GET", ["me"]:
                self.reply("200 OK" if user else "401 Unauthorized", json.dumps({"user": user}))
            case "POST", ["notes"] if user and headers.get("x-csrf") == sent.get("csrf"):
                number = len(notes) + 1
                notes[number] = user
                self.reply("201 Created", json.dumps({"id": number}), location=f"/notes/{number}")
            case "POST", ["notes"]:
                self.reply("403 Forbidden")
            case "GET", ["notes", number]:
                self.reply("200 OK" if user and notes.get(int(number)) == user else "404 Not Found")
            case "GET", ["leave"]:
                self.given.pop("session", None)
                self.reply("303 See Other", cookies={"session": "; Max-Age=0"}, location="/login")
            case _, path:
                self.answer_anyone(path)

    def answer_anyone(self, path: list[str]) -> None:
        if path == ["chunked"]:
            self.transport.write(CHUNKED)
            return
        self.reply("200 OK", json.dumps(OFFICE) if path == ["who"] else "bye")
        if path == ["close"]:
            self.transport.close()

    def cookies_of(self, headers: dict[str, str]) -> dict[str, str]:
        sent = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
        if self.given and any(sent.get(name) != value for name, value in self.given.items()):
            OFFICE["mistakes"] += 1
        return sent

    def log_in(self, form: dict[str, list[str]], sent: dict[str, str]) -> None:
        [user], [password], [csrf] = form["user"], form["password"], form["csrf"]
        if csrf != sent.get("csrf"):
            self.reply("403 Forbidden", "wrong csrf")
        elif password != f"secret of {user}":
            self.reply("401 Unauthorized", "wrong password")
        else:
            OFFICE["sessions"] += 1
            session = f"s{OFFICE['sessions']}"
            users[session] = user
            self.reply("303 See Other", cookies={"session": session}, location="/me")

    def reply(self, status: str, body: str = "", *, cookies: dict[str, str] | None = None, location: str = "") -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"Location: {location}"] if location else []
        for name, value in (cookies or {}).items():
            lines.append(f"Set-Cookie: {name}={value}; Path=/; HttpOnly")
            if not value.startswith(";"):
                self.given[name] = value
        self.transport.write("\r\n".join([*lines, "", body]).encode())


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Login, "127.0.0.1", PORT, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  # to the test
    await server.serve_forever()


@contextmanager
def session_server(program: Path = Path(__file__)) -> Iterator[str]:
    """Start one, and return its URL; it ends with the block."""
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(main())
