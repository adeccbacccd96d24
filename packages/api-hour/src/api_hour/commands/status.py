"""`api_hour status`: asks the monitor of a running daemon, and shows what it says.

It is a client of `GET /status` and of nothing else, so what it shows is what any other program can have.
"""

import http.client
import os
import socket
import sys

import msgspec
from rich.console import Console

from api_hour.commands.status_table import status_table
from api_hour.config import Location, TcpBind, UnixBind
from api_hour.errors import ConfigError, NoAnswer
from api_hour.supervisor.monitor.facts import SCHEMA_VERSION, DaemonFacts, decode_facts

MonitorBind = TcpBind | UnixBind

TIMEOUT_S = 5.0
WIDTH = 160  # of lines at the most; a terminal folds those that are too long for it

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where to ask who listens on every address


def status(location: Location, *, as_json: bool) -> int:
    """Show how the daemon is, and return the exit code 0.

    Args:
        location: what leads to the daemon.
        as_json: whether to show the document as it is.

    Raises:
        ConfigError: it is not known which daemon.
        NoAnswer: nobody answers at its monitor, or somebody else.
    """
    bind = location.monitor_bind()
    if bind is None:
        raise ConfigError(
            "--monitor: expected the address of the daemon's monitor; got none. Give the same --monitor, or the same "
            "-c, or -ac and TARGET, as at its start."
        )
    os.chdir(location.chdir)  # a unix socket's path may be relative to it
    document = fetch_status(bind)
    if as_json:
        sys.stdout.write(f"{document.decode()}\n")
    else:
        Console(highlight=False, width=WIDTH).print(status_table(_read(document, bind)))
    return 0


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


def _read(document: bytes, bind: MonitorBind) -> DaemonFacts:
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
