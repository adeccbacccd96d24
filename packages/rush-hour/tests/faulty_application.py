"""A WSGI application that goes wrong in the way that the path says; `/` is always answered well."""

import itertools
import os
import signal
import time
from collections.abc import Callable
from typing import Any

BODY = b"hello"
REQUESTS = itertools.count(1)
KEPT: list[bytes] = []


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    path = environ["PATH_INFO"]
    if path != "/":
        FAULTS[path]()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def crash() -> None:
    """End the process at some requests, as a fault in C code does."""
    if next(REQUESTS) % 20 == 0:
        os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    if next(REQUESTS) % 20 == 0:
        os._exit(7)


def eat() -> None:
    """Take memory, and keep it."""
    KEPT.append(b"x" * 4_000_000)


def wait() -> None:
    time.sleep(float(os.environ["WAIT_S"]))


def fail() -> None:
    raise LookupError("no such agent")


def connect() -> None:
    """Connect to the database for this request, and hold the connection for a while."""
    import psycopg  # noqa: PLC0415  # the others do without

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("SELECT pg_sleep(0.3)")


FAULTS: dict[str, Callable[[], None]] = {
    "/crash": crash,
    "/leave": leave,
    "/eat": eat,
    "/wait": wait,
    "/fail": fail,
    "/connect": connect,
}
