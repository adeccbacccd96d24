"""Faults of servers, under every way to load them: nothing is lost, and nobody is blamed for another."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import trustme
from faulty_server import HEAD, Fault, FaultyServer, says
from in_process_load import drive
from load_runs import plan_for
from scripted_server import OK

from rush_hour.core.arrivals import ClosedLoop, Poisson
from rush_hour.core.faults import GENERATOR_PREFIX, STALLED_PREFIX
from rush_hour.load.transport.tls import Tls

CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
LOST = {"read:EOF", "read:ECONNRESET", "write:EPIPE", "write:ECONNRESET"}
TIMEOUT = {"timeout"}
NOTHING: set[str] = set()

# What happens to every third request, and which errors it may be counted as.
FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "closed without an answer": (says(then="closes"), LOST),
    "reset without an answer": (says(then="resets"), LOST),
    "half-closed without an answer": (says(then="half-closes"), LOST),
    "silent": (says(then="waits"), TIMEOUT),
    "head cut short": (says(HEAD + b"Content-Le", then="closes"), LOST),
    "body cut short": (says(OK[:-2], then="closes"), LOST),
    "body cut short by a reset": (says(OK[:-2], then="resets"), LOST),
    "body shorter than said, and silence": (says(OK[:-2], then="waits"), TIMEOUT),
    "body longer than said": (says(OK + b"more", then="waits"), NOTHING),
    "garbage instead of an answer": (says(b"\x16\x03\x01\x00\xa5garbage", then="waits"), {"malformed:status-line"}),
    "garbage after the answer": (says(OK + b"\0\xff\r\n\r\n"), LOST),
    "another protocol": (says(b"220 smtp ready\r\n", then="waits"), {"malformed:status-line"}),
    "a header that is none": (says(HEAD + b"no colon\r\n\r\n", then="waits"), {"malformed:header"}),
    "two lengths": (
        says(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", then="waits"),
        {"malformed:content-length"},
    ),
    "length and chunks": (
        says(CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n", then="waits"),
        {"malformed:framing"},
    ),
    "a chunk size that is none": (says(CHUNKED + b"xyz\r\n", then="waits"), {"malformed:chunk-size"}),
    "a chunk longer than said": (says(CHUNKED + b"2\r\nhello\r\n", then="waits"), {"malformed:chunk-end"}),
    "chunks cut short": (says(CHUNKED + b"5\r\nhel", then="closes"), LOST),
    "no last chunk": (says(CHUNKED + b"5\r\nhello\r\n", then="waits"), TIMEOUT),
    "byte by byte": (says(*(OK[at : at + 1] for at in range(len(OK)))), NOTHING),
    "slower than the timeout": (says(*(OK[at : at + 1] for at in range(len(OK))), pause_s=0.02), TIMEOUT | LOST),
    "interim answers first": (says(INTERIM, INTERIM, OK, pause_s=0.002), NOTHING),
    "interim answers only": (says(*[INTERIM] * 100, then="waits"), TIMEOUT),
    "switched protocols": (says(b"HTTP/1.1 101 Switching\r\n\r\n", then="waits"), {"malformed:upgrade"}),
    "two answers": (says(OK + OK), LOST),
    "an error": (says(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), NOTHING),
    "closed after an answer that says so": (says(CLOSING, then="closes"), NOTHING),
    "closed after an answer that does not": (says(OK, then="closes"), LOST),
    "reset after the answer": (says(OK, then="resets"), LOST),
    "half-closed after the answer": (says(OK, then="half-closes"), LOST),
    "a head without end": (says(HEAD + b"X: " + b"x" * 70_000, then="waits"), {"malformed:head-too-large"}),
}
WAYS: dict[str, dict[str, object]] = {
    "keep-alive": {},
    "a connection for each request": {"connection_per_request": True},
    "closed loop": {"arrivals": ClosedLoop(), "max_requests": 60, "connections": 4},
    "poisson": {"arrivals": Poisson(rate_per_s=150, seed=7)},
    "TLS": {},
}

ServeFault = Callable[[Fault, str], tuple[str, Tls | None]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def serve_fault(authority: trustme.CA) -> Iterator[ServeFault]:
    with ExitStack() as stack:

        def start(fault: Fault, way: str) -> tuple[str, Tls | None]:
            context = None
            if way == "TLS":
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                authority.issue_cert("example.org").configure_cert(context)
            server = FaultyServer(fault, context)
            stack.callback(server.stop)
            return server.url, Tls(server_name="example.org", verifies=False) if way == "TLS" else None

        yield start


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_lost(serve_fault: ServeFault, name: str, way: str) -> None:
    fault, errors = FAULTS[name]
    url, tls = serve_fault(fault, way)
    pace = {"rate_per_s": 150, "duration_s": 0.3, "connections": 12, "processes": 1, "timeout_s": 0.35}

    report = drive(plan_for(url, tls=tls, **(pace | WAYS[way])))  # type: ignore[arg-type]  # the plan's own fields

    result = report.result
    assert result.responses_good > 0
    named = {error.removeprefix(STALLED_PREFIX) for error in result.errors}
    assert named <= errors | TIMEOUT  # any server may be slow for once: the timeout is short
    assert errors in (NOTHING, LOST) or named or result.unanswered_at_end
    assert result.connections.connect_failures == {}
    assert not any(error.startswith(GENERATOR_PREFIX) for error in result.errors)
    if not result.generator.stalled_s:  # on a machine that has no time for this test, the generator may stand still
        assert not any(error.startswith(STALLED_PREFIX) for error in result.errors)
        assert not {"generator-stalled", "generator-faults"} & {doubt.code for doubt in report.verdict.warnings}
