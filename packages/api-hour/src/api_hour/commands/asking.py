"""`GET /status` of a running daemon's monitor: what the commands know of it, and any other program can know."""

import http.client
import socket

import msgspec

from api_hour.config import TcpBind, UnixBind
from api_hour.errors import NoAnswer
from api_hour.supervisor.monitor.facts import SCHEMA_VERSION, DaemonFacts, decode_facts

MonitorBind = TcpBind | UnixBind

TIMEOUT_S = 5.0

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask who listens on every address


def fetch_status(bind: MonitorBind) -> bytes:
    """Return the document.

    Raises:
        NoAnswer: nobody answers, or not with a document.
    """
    connection = http.client.HTTPConnection("localhost", timeout=TIMEOUT_S)
    try:
        connection.sock = _connect(bind)
        connection.request("GET", "/status", headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            body = response.read()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
        raise NoAnswer(f"no daemon answers at --monitor {bind}: {reason}.") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise NoAnswer(f"--monitor {bind}: expected a daemon's monitor; got the answer {response.status}.")
    return body


def _connect(bind: MonitorBind) -> socket.socket:
    if isinstance(bind, TcpBind):
        return socket.create_connection((LOOPBACK.get(bind.host, bind.host), bind.port), TIMEOUT_S)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(TIMEOUT_S)
        sock.connect("\0" + bind.path[1:] if bind.is_abstract else bind.path)
    except OSError:
        sock.close()
        raise
    return sock


def read_status(document: bytes, bind: MonitorBind) -> DaemonFacts:
    """Return the facts of a document.

    Raises:
        NoAnswer: it is no daemon's, or that of another version.
    """
    try:
        facts = decode_facts(document)
    except msgspec.MsgspecError as error:
        raise NoAnswer(f"--monitor {bind}: expected a daemon's status; got something else: {error}.") from error
    if facts.schema_version != SCHEMA_VERSION:
        raise NoAnswer(
            f"--monitor {bind}: expected a status of schema version {SCHEMA_VERSION}; got {facts.schema_version}. "
            "Use the daemon's own version of api_hour, or --json."
        )
    return facts
