"""The messages between supervisor and worker while the worker lives.

JSON lines on the control socket: down go commands, up goes a report for each event and each heartbeat. When either side
sees the end of the stream, the other is gone: a worker whose supervisor died stops by itself. A key that is not known
is passed over, for after an upgrade the two may be of different versions.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from api_hour.engines.status import State
from api_hour.tls import TlsPem

HEARTBEAT_INTERVAL_S = 1.0
HEARTBEATS_PER_TIMEOUT = 4


def heartbeat_interval_s(timeout_s: float) -> float:
    """Return how often to beat for a supervisor that waits so long: each second, or several times in a short wait."""
    return min(HEARTBEAT_INTERVAL_S, timeout_s / HEARTBEATS_PER_TIMEOUT) if timeout_s else HEARTBEAT_INTERVAL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommand:
    """A command to a running worker.

    `retire`: to accept nothing more, send its clients elsewhere, and end. `certificates`: to serve new connections with
    what is in the file whose descriptor comes along, as `encode_certificates` wrote it. `output`: to let what is
    printed go to the descriptor that comes along.
    """

    command: Literal["retire", "certificates", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReport:
    """One engine of a worker.

    Attributes:
        name: the engine's.
        state: `up`, `connecting`, or `down`: not up for so long that callers are refused at once.
        last_error: why it is not up, or was not.
        connections: open now; 0 for an engine that does not count them, as with the next two.
        borrowed: connections in use.
        waiting: callers that wait for a connection.
        refused: callers that were told that it is unavailable; only grows.
    """

    name: str
    state: State
    last_error: str = ""
    connections: int = 0
    borrowed: int = 0
    waiting: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A worker's sign of life, each second: see `ServingStats`, whose counters only grow.

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
    """A worker's report: it serves, it failed and why, or it is alive."""

    state: Literal["ready", "failed", "alive"]
    reason: str = ""
    heartbeat: Heartbeat | None = None


encode_command = encode_report = encode_certificates = msgspec.json.encode


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
