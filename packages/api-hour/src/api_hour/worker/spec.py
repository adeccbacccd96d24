"""What the supervisor tells a worker, and what the worker tells the supervisor.

JSON lines on the control socket: down go the order, at the start, and commands; up goes a report for each event and
each heartbeat. When either side sees the end of the stream, the other is gone: a worker whose supervisor died stops by
itself. A key that is not known is passed over, for after an upgrade the two may be of different versions.
"""

import signal
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from api_hour.config.http_options import HttpOptions
from api_hour.config.tls_files import TlsFiles
from api_hour.privileges import Identity
from api_hour.tls import TlsPem

STACK_SIGNAL = signal.SIGRTMIN  # asks a worker for its stack; no application uses it


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """What every worker of a daemon is started with."""

    target: str
    chdir: str
    main_yaml: str | None
    logconfig: str | None
    backlog: int
    graceful_timeout_s: float
    workers: int = 1
    drain_timeout_s: float = 0.0
    heartbeat_timeout_s: float = 0.0
    name: str = ""
    log_level: str = "info"
    log_file: str | None = None
    prints_to_log: bool = False
    identity: Identity | None = None
    own_tls: tuple[TlsFiles | None, ...] = ()
    default_tls: TlsFiles | None = None
    access_log: str | None = None
    access_log_file: str | None = None
    http: HttpOptions = field(default_factory=HttpOptions)

    def certificates(self) -> set[TlsFiles]:
        """Return every certificate that an address may be served with."""
        return {files for files in (*self.own_tls, self.default_tls) if files is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """What one worker is started with: the spec, its number and limit, and the descriptors it inherits.

    Attributes:
        listener_fds: the listening sockets.
        twins: which of them each of the last ones is served like, by its handler and its certificate.
        counts_fd: the memory of `connection_counts.py`; -1 for none.
        slot: where this worker's connections are counted; None for nowhere.
    """

    spec: WorkerSpec
    worker_id: int
    listener_fds: tuple[int, ...]
    twins: tuple[int, ...] = ()
    request_limit: int = 0
    counts_fd: int = -1
    slot: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommand:
    """What a running worker is told.

    `retire`: to accept nothing more, send its clients elsewhere, and end. `certificates`: to serve new connections with
    what is in the file whose descriptor comes along, as `encode_certificates` wrote it. `output`: to let what is
    printed go to the descriptor that comes along.
    """

    command: Literal["retire", "certificates", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """What a worker says of one of its engines.

    Attributes:
        name: the engine's.
        state: `up`, `connecting`, or `down`: not up for so long that callers are refused at once.
        age_s: since when it is up, or since when it is not.
        last_error: why it is not up, or was not.
        connections: open now; 0 for an engine that does not count them, as with the next two.
        borrowed: connections in use.
        waiting: callers that wait for a connection.
        refused: callers that were told that it is unavailable; only grows.
    """

    name: str
    state: Literal["connecting", "up", "down"]
    age_s: float = 0.0
    last_error: str = ""
    connections: int = 0
    borrowed: int = 0
    waiting: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a worker says each second: see `ServingStats`, whose counters only grow.

    Attributes:
        loop_lag_s: how late the event loop was for this heartbeat.
        connections: how many are open.
        engines: how the engines are.
    """

    requests: int = 0
    in_flight: int = 0
    latency_counts: tuple[int, ...] = ()
    latency_sum_s: float = 0.0
    loop_lag_s: float = 0.0
    connections: int = 0
    engines: tuple[EngineReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker says of itself: it serves, it failed and why, or it is alive."""

    state: Literal["ready", "failed", "alive"]
    reason: str = ""
    heartbeat: Heartbeat | None = None


encode_spec = encode_order = encode_command = encode_report = encode_certificates = msgspec.json.encode


def decode_spec(line: bytes) -> WorkerSpec:
    """Read what `encode_spec` wrote."""
    return msgspec.json.decode(line, type=WorkerSpec)


def decode_order(line: bytes) -> WorkerOrder:
    """Read what `encode_order` wrote."""
    return msgspec.json.decode(line, type=WorkerOrder)


def decode_command(line: bytes) -> WorkerCommand:
    """Read what `encode_command` wrote."""
    return msgspec.json.decode(line, type=WorkerCommand)


def decode_certificates(content: bytes) -> list[TlsPem]:
    """Read what `encode_certificates` wrote."""
    return msgspec.json.decode(content, type=list[TlsPem])


def decode_report(line: bytes) -> WorkerReport:
    """Read what `encode_report` wrote.

    Raises:
        msgspec.MsgspecError: it was written by something else.
    """
    return msgspec.json.decode(line, type=WorkerReport)
