"""What a worker is started with: the spec, which all workers of a daemon share, and the order of one.

One JSON line, the first on the control socket. A key that is not known is passed over, for after an upgrade the two
processes may be of different versions.
"""

from dataclasses import dataclass, field

import msgspec

from api_hour.config.http_options import HttpOptions
from api_hour.config.tls_files import TlsFiles
from api_hour.process.privileges import Identity


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


encode_spec = encode_order = msgspec.json.encode


def decode_spec(line: bytes) -> WorkerSpec:
    """Read what `encode_spec` wrote."""
    return msgspec.json.decode(line, type=WorkerSpec)


def decode_order(line: bytes) -> WorkerOrder:
    """Read what `encode_order` wrote."""
    return msgspec.json.decode(line, type=WorkerOrder)
