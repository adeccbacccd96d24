"""Generated and mutated requests against the engine, with h11 as an independent judge.

What must hold for every input: no crash; nothing is accepted that h11 rejects, unless `EXCEPTIONS` lists it with its
reason; what both accept they understand alike; and no split of the bytes changes an answer. `test_fuzz.py` runs a
few thousand; any number is run by

    python packages/api-hour/tests/fuzz_http.py COUNT [SEED]
"""

import asyncio
import random
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast
from unittest.mock import patch

import h11
import uvloop
from checked_reader import CheckedReader

from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.server_state import Connection, ServerState
from api_hour.http.first_step.first_step import FirstStep
from api_hour.http.h1 import protocol as protocol_module
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.transport.outbox import Outbox

BATCH = 500

EXCEPTIONS = {
    "no request line received": "empty lines before a request are skipped, up to four (RFC 9112, 2.2)",
    "Got data when expecting EOF": "HTTP/1.0 may ask for keep-alive (RFC 9112, 9.3), which h11 does not know",
    "Receive buffer too long": "h11's own limit is lower than ours",
    "in a trailer: ": "trailers say nothing of the framing (RFC 9110, 6.5.1), but h11 reads them as a head",
}
_OF_THE_FRAMING = (  # what h11 says of fields in a head
    "Only Transfer-Encoding",
    "multiple Transfer-Encoding",
    "bad Content-Length",
    "conflicting Content-Length",
)

# h11 knows no whitespace before a chunk's extensions (RFC 9112, 7.1.1).
h11._readers.chunk_header_re = re.compile(rb"(?P<chunk_size>[0-9A-Fa-f]{1,20})(?P<chunk_ext>[ \t]*;.*)?[ \t]*\r\n")

LIMITS = Limits(target_bytes=200, head_bytes=2000, body_bytes=300, header_count=20)


@dataclass(slots=True)
class Understood:
    """One accepted request."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(slots=True)
class Outcome:
    """What came of one input."""

    accepted: list[Understood] = field(default_factory=list)
    sent: bytes = b""


class Timeless(ServerState):
    """Needs no clock."""

    def __init__(self) -> None:
        super().__init__(None, LIMITS, None)

    def add(self, _connection: Connection) -> bool:
        return True


class Recorder:
    """Accepts everything, answers at once, and notes what it was asked."""

    def __init__(self, server: ServerState) -> None:
        self.accepted: list[Understood] = []
        self._server = server

    def knows_method(self, _method: str) -> bool:
        return True

    def streams_body(self, _request: Request) -> bool:
        return False

    def begin(self, exchange: Exchange, request: Request) -> "asyncio.Task[None] | None":
        return self._server.first_step.start(self._respond(exchange, request))

    async def _respond(self, exchange: Exchange, request: Request) -> None:
        self.accepted.append(Understood(request.method, request.target, request.raw_headers, request.body))
        exchange.send(request, Response(b"ok"))


class Wire(asyncio.Transport):
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self._is_closing = False

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True

    abort = close

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


def outcome_of(parts: list[bytes]) -> Outcome:
    """Give the engine an input in parts; called from a callback of the loop, so that all is answered at once."""
    server = Timeless()
    recorder = Recorder(server)
    server._loop = asyncio.get_running_loop()
    server.first_step, server.outbox = _SHARED[server._loop]
    protocol = HttpProtocol(server, recorder)
    wire = Wire()
    protocol.connection_made(wire)
    for part in parts:
        if not wire.is_closing():
            protocol.data_received(part)
    server.outbox.send_all()
    protocol.connection_lost(None)
    return Outcome(recorder.accepted, b"".join(wire.sent))


_SHARED: dict[asyncio.AbstractEventLoop, tuple[FirstStep, Outbox]] = {}


def judge(data: bytes) -> tuple[list[Understood], str | None]:
    """Return the requests that h11 accepts, and why it rejects what follows; None when it does not."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    accepted: list[Understood] = []
    is_in_body = False
    try:
        connection.receive_data(data)
        while isinstance(event := connection.next_event(), h11.Request):
            request = event
            body = b""
            is_in_body = True
            while isinstance(event := connection.next_event(), h11.Data):
                body += bytes(event.data)
            if not isinstance(event, h11.EndOfMessage):
                return accepted, None
            is_in_body = False
            accepted.append(Understood(request.method.decode(), request.target, list(request.headers), body))
            if request.http_version == b"1.0" and connection.trailing_data[0]:
                return accepted, "Got data when expecting EOF"
            connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return accepted, None
            connection.start_next_cycle()
    except h11.RemoteProtocolError as error:
        is_of_a_trailer = is_in_body and str(error).startswith(_OF_THE_FRAMING)
        return accepted, f"in a trailer: {error}" if is_of_a_trailer else str(error)
    return accepted, None


def complaint(data: bytes, outcome: Outcome) -> str | None:
    """Return what is wrong with an outcome; None when nothing is."""
    accepted, reason = judge(data)
    for number, ours in enumerate(outcome.accepted):
        if number >= len(accepted):
            if reason is not None and any(reason.startswith(known) for known in EXCEPTIONS):
                return None
            return f"request {number} is accepted, h11 rejects it: {reason}"
        theirs = accepted[number]
        target = _origin_form(theirs.method, theirs.target)
        if (ours.method, ours.target, ours.body) != (theirs.method, target, theirs.body):
            return f"request {number} is understood as {ours}, by h11 as {theirs}"
        if theirs.target[:1] == b"/" and _normal(ours.headers) != _normal(theirs.headers):
            return f"the headers of request {number} are understood as {ours.headers}, by h11 as {theirs.headers}"
    return None


def _normal(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return headers as h11 gives them: of a transfer coding, case means nothing."""
    return [(bytes(n), bytes(v).lower() if n == b"transfer-encoding" else bytes(v)) for n, v in headers]


def _origin_form(method: str, target: bytes) -> bytes:
    match = re.fullmatch(rb"https?://[^/?]+(.*)", target, re.IGNORECASE)
    if match is None:
        return target
    if method == "OPTIONS" and not match[1]:
        return b"*"
    return match[1] if match[1][:1] == b"/" else b"/" + match[1]


LINES = [
    b"GET / HTTP/1.1", b"POST /a?b=c HTTP/1.1", b"HEAD /%20 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PUT /x HTTP/1.0",
    b"GET http://a.b:80/x?y HTTP/1.1", b"DELETE / HTTP/1.1", b"GET / HTTP/2.0", b"CONNECT a:80 HTTP/1.1",
    b"BREW / HTTP/1.1", b"GET / HTTP/1.2", b"POST / HTTP/1.9", b"a / HTTP/1.1", b"PRI * HTTP/2.0",
    b"SETUP / HTTP/1.1", b"M / HTTP/1.0", b"OPTIONS http://a HTTP/1.1", b"GET http://:1/ HTTP/1.1",
    b"GET http://[::1]/ HTTP/1.1", b"A" * 64 + b" / HTTP/1.1", b"A" * 65 + b" / HTTP/1.1", b"GET  / HTTP/1.1",
    b"GET / HTTP/1.1 ", b"GET /a#b HTTP/1.1", b"GET / RTSP/1.0",
]  # fmt: skip
FIELDS = [
    b"Host: a", b"Host: a:8000", b"host: [::1]:80", b"Host:", b"Host: a b", b"Host: a, b", b"Host: a@b",
    b"Host: [:1]", b"Host: [1.2.3.4]", b"Host: [v1.x:y]", b"Host: a:65536", b"Host: :1", b"Upgrade: websocket",
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 05", b"Content-Length: +5", b"Content-Length: 5, 5",
    b"Content-Length: 99999999999999999999", b"content-length: 5 ", b"Content-Length: 0x5", b"Content_Length: 5",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity", b"transfer-encoding: xchunked",
    b"Transfer-Encoding : chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: \tchunked \t",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked\x0c", b"Transfer-Encoding: gzip\t",
    b"Content-Length:\t5 \t", b"Connection: \tclose\t", b"Connection: keep-alive,\tupgrade", b"Connection: close",
    b"Connection: keep-alive", b"Connection: upgrade", b"Upgrade: h2c",
    b"Upgrade: websocket", b"Expect: 100-continue", b"X: y", b"X: \xe9",
    b"X:", b"X: a\tb", b" folded", b"\tfolded", b"X_Y: z", b"X: a\x00b", b"X: a\x7fb", b"Cookie: a=b; c=d",
    b"Trailer: X", b"Accept: */*", b"X\xe9: y", b": y", b"no colon", b"Proxy-Connection: close",
]  # fmt: skip
BODIES = [
    b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n", b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", b"0\r\nX: y\r\n\r\n",
    b"5 ;a\r\nhello\r\n0\r\n\r\n", b"5; a = b\t;c\r\nhello\r\n0\t;x\r\n\r\n", b"0\r\nX: y\r\nZ", b"0\r\nX:\t\r\n\r\n",
    b"5;a=b\r\nhello\r\n0\r\n\r\n", b'5;a="b\\"c"\r\nhello\r\n0\r\n\r\n', b"05\r\nhello\r\n00\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n", b"5\r\nhello\r\n0\r\n X\r\n\r\n",
    b"fffffffffffffffff\r\nhello", b"5;\r\nhello\r\n0\r\n\r\n", b"5\r\nhel",
]  # fmt: skip
SPLICES = [
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b";", b"\x0b", b"\x0c", b"\x7f", b"\x80",
    b"\xff", b"0", b"A", b"%0d%0a", b"chunked", b"HTTP/1.1", b'"', b"\\", b"(", b"=", b"_", b"-", b"+", b"/", b"#",
]  # fmt: skip


def generate(chance: random.Random) -> bytes:
    """Return an input: some requests, most of them almost right, perhaps mutated."""
    data = b"".join(_request(chance) for _ in range(chance.choice((1, 1, 1, 2, 3))))
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2, 4))):
        data = _mutate(chance, data)
    return data


def _request(chance: random.Random) -> bytes:
    if chance.random() < 0.7:  # framed right
        body = chance.choice(BODIES[:2])
        fields = [b"Host: a", b"Content-Length: %d" % len(body)] if body else [b"Host: a"]
        if chance.random() < 0.4:
            fields, body = [b"Host: a", b"Transfer-Encoding: chunked"], chance.choice(BODIES[2:])
        fields += chance.sample(FIELDS, chance.choice((0, 0, 0, 0, 1, 2)))
    else:
        fields = [b"Host: a"] * chance.choice((0, 1, 1, 1)) + chance.sample(FIELDS, chance.randrange(5))
        body = chance.choice(BODIES)
    if chance.random() < 0.3:
        chance.shuffle(fields)
    line = chance.choice(LINES[:3]) if chance.random() < 0.7 else chance.choice(LINES)
    return b"\r\n".join([line, *fields, b"", body])


def _mutate(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return data[:at] + chance.choice(SPLICES) + data[at:]
    if kind == 1:
        return data[:at] + data[at + chance.choice((1, 1, 2, 5)) :]
    if kind == 2:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    if kind == 3:
        end = at + chance.randrange(20)
        return data[:end] + data[at:]
    if kind == 4:
        return data[:at]
    return data.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\r\n\r\n", b"\r\n ")), 1)


def split(chance: random.Random, data: bytes) -> list[bytes]:
    """Cut an input into parts."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.choice((1, 2, 8))))
    if chance.random() < 0.1:
        cuts = list(range(len(data)))
    return [part for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if (part := data[begin:end])]


def check(chance: random.Random) -> tuple[bytes, str] | None:
    """Generate an input and check it; return it with what is wrong."""
    data = generate(chance)
    if not data:
        return None
    outcome = outcome_of([data])
    if wrong := complaint(data, outcome):
        return data, wrong
    parts = split(chance, data)
    by_parts = outcome_of(parts)
    if by_parts != outcome and not _same_but_continue(by_parts, outcome):
        return data, f"as {parts} it becomes {by_parts}, as a whole {outcome}"
    return None


def _same_but_continue(one: Outcome, other: Outcome) -> bool:
    """Only whether a client is told to send its body depends on whether it has."""
    told = b"HTTP/1.1 100 Continue\r\n\r\n"
    return one.accepted == other.accepted and one.sent.replace(told, b"") == other.sent.replace(told, b"")


def run(count: int, seed: int) -> tuple[bytes, str] | None:
    """Check so many inputs; return the first that is wrong."""
    chance = random.Random(seed)  # noqa: S311  # it chooses inputs

    async def main() -> tuple[bytes, str] | None:
        loop = asyncio.get_running_loop()
        shared = Timeless()
        shared.use(loop)
        _SHARED[loop] = shared.first_step, shared.outbox
        done = 0
        while done < count:
            batch = min(BATCH, count - done)
            found = loop.create_future()
            loop.call_soon(_check_batch, chance, batch, found)
            if wrong := await found:
                return cast("tuple[bytes, str]", wrong)
            done += batch
        return None

    try:
        with (
            patch.object(protocol_module, "RequestReader", CheckedReader),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            return runner.run(main())
    finally:
        _SHARED.clear()


def _check_batch(chance: random.Random, count: int, found: "asyncio.Future[Any]") -> None:
    try:
        for _ in range(count):
            if wrong := check(chance):
                found.set_result(wrong)
                return
    except Exception as error:  # noqa: BLE001  # it is raised where the result is awaited
        found.set_exception(error)
    else:
        found.set_result(None)


def main(arguments: list[str]) -> int:
    """Run a number of inputs and say how it went."""
    count, seed = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    begun_at_s = time.monotonic()
    wrong = run(count, seed)
    if wrong:
        sys.stdout.write(f"{wrong[0]!r}\n{wrong[1]}\n")
        return 1
    sys.stdout.write(f"{count} inputs, seed {seed}: nothing wrong, {time.monotonic() - begun_at_s:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
