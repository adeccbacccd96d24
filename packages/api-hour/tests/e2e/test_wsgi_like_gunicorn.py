"""Generated WSGI applications do under API-Hour what they do under Gunicorn, as a client sees it."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from daemon_process import daemon, exchange
from started_process import started
from wsgi_programs import APPLICATION, Seen, generate, see

PROGRAMS = 250
BINDING = ("-b", "127.0.0.1:0", "-w", "1")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, int]]]:
    """The addresses of Gunicorn, and of API-Hour in its two ways, with the application that carries programs out."""
    pytest.importorskip("gunicorn")
    with ExitStack() as stack:
        addresses = {}
        for threads in ("1", "3"):
            directory = tmp_path_factory.mktemp("api_hour")
            serving = stack.enter_context(daemon(directory, *BINDING, "--threads", threads, app=APPLICATION))
            serving.wait_ready(1)
            addresses[f"--threads {threads}"] = serving.tcp_address()
        directory = tmp_path_factory.mktemp("gunicorn")
        (directory / "app.py").write_text(APPLICATION)
        command = ["gunicorn", "--no-control-socket", *BINDING, "app:Container"]
        gunicorn = stack.enter_context(started(command, directory=directory))
        found = gunicorn.wait_for(r"Listening at: http://127\.0\.0\.1:(\d+)", count=1)
        gunicorn.wait_for(r"Booting worker", count=1)
        yield {"gunicorn": ("127.0.0.1", int(found[0][1]))} | addresses  # type: ignore[misc]  # all are of TCP


def is_right(seen: Seen | None, program: dict[str, Any], at_gunicorn: Seen | None) -> bool:
    """Tell whether what was seen is what Gunicorn did, but for the differences that are meant."""
    if program["starts"] == 0:  # then Gunicorn sends a head without a status
        return seen == Seen(500)
    if at_gunicorn is None:
        return seen is None
    if seen == Seen(500) and (program["form"] == "list" or at_gunicorn.body == b"") and not at_gunicorn.is_whole:
        return True  # where all of it is there, it is known to be too short before anything is sent
    if seen == Seen(500) and program["pieces"][:1] == [("", 0)] and at_gunicorn.body == b"":
        return True  # an empty piece is enough for Gunicorn to send the head, though PEP 3333 forbids it
    if seen == Seen(500) and "text" in program["pieces"]:
        return True  # Gunicorn does not look at pieces that it does not send
    if program["status"].startswith("304"):  # the length that an answer without a body has is not 0 (RFC 9110, 8.6)
        headers = tuple(header for header in at_gunicorn.headers if header != ("content-length", "0"))
        at_gunicorn = replace(at_gunicorn, headers=headers)
    return seen == at_gunicorn


def test_generated_programs_are_answered_alike(servers: dict[str, tuple[str, int]]) -> None:
    differences = []
    for seed in range(PROGRAMS):
        program = generate(seed)
        at_gunicorn = see(servers["gunicorn"], program)
        for name in ("--threads 1", "--threads 3"):
            seen = see(servers[name], program)
            if not is_right(seen, program, at_gunicorn):
                differences.append((seed, name, program, at_gunicorn, seen))
    assert differences == []


OWN = {"SERVER_SOFTWARE", "SERVER_PORT", "REMOTE_PORT", "REQUEST_URI", "gunicorn.socket", "HTTP_HOST"}
REQUESTS = [
    "GET /environ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /environ?a=b%20c&d HTTP/1.1\r\nHost: a\r\nCookie: e=f\r\nX-Custom: g, h\r\nContent-Type: text/plain\r\n\r\n",
    "GET //environ HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /environ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "GET /environ HTTP/1.1\r\nHost: a\r\nX_Under: 1\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n",
    "GET /environ HTTP/1.0\r\n\r\n",
]


@pytest.mark.parametrize("request_text", REQUESTS)
def test_the_environ_is_the_same(servers: dict[str, tuple[str, int]], request_text: str) -> None:
    data = request_text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1).encode()
    seen = {name: _environ(exchange(address, data)) for name, address in servers.items()}

    for threads, is_multithread in (("1", False), ("3", True)):
        wanted = seen["gunicorn"] | {"wsgi.multithread": is_multithread}
        assert seen[f"--threads {threads}"] == wanted


def _environ(answer: bytes) -> dict[str, Any]:
    body = answer.partition(b"\r\n\r\n")[2]
    document = re.search(rb"\{.*\}", body)
    if document is None:
        return {"answer": answer.partition(b"\r\n")[0].decode()}
    return {name: value for name, value in json.loads(document[0]).items() if name not in OWN}
