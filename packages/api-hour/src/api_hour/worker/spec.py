"""What the supervisor tells a new worker, and what the worker tells the supervisor.

One JSON document down the control socket at the start, then one JSON line up for each event. When either side
sees the end of the stream, the other is gone: a worker whose supervisor died stops by itself.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """What one worker is started with: the spec, its number and the listening sockets it inherits."""

    spec: WorkerSpec
    worker_id: int
    listener_fds: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker says of itself: it serves, or it failed to come up and why."""

    state: Literal["ready", "failed"]
    reason: str = ""


encode_order = encode_report = msgspec.json.encode


def decode_order(line: bytes) -> WorkerOrder:
    """Read what `encode_order` wrote."""
    return msgspec.json.decode(line, type=WorkerOrder)


def decode_report(line: bytes) -> WorkerReport:
    """Read what `encode_report` wrote."""
    return msgspec.json.decode(line, type=WorkerReport)
