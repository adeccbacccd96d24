"""The start of a worker: the spec, which all workers of a daemon share, and the order of one.

One JSON line, the first on the control socket. A key that is not known is passed over, for after an upgrade the two
processes may be of different versions.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from api_hour.config.http_options import HttpOptions
from api_hour.config.log_options import LogOptions
from api_hour.config.tls_files import TlsFiles
from api_hour.config.worker_options import WorkerOptions
from api_hour.process.privileges import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """The description of a daemon's workers, with which each is started.

    Attributes:
        target: what is served.
        name: in the titles of the processes.
        chdir: where it runs, and modules are looked for.
        app_dirs: where they are looked for before that.
        main_yaml: the application's own configuration, if there is one.
        worker: how it lives.
        http: what counts where HTTP servers do not say it themselves.
        log: what is logged, and where to.
        prints_to_log: whether what is printed goes to the log's file.
        identity: its user and groups; None for those of the supervisor.
        own_tls: the certificate that each address names.
        default_tls: the certificate of those that name none.
        gunicorn: the settings under Gunicorn's names: see `config/gunicorn_values.py`.
        hooks_file: the configuration file with hooks that run in workers; None for no such hooks.
    """

    target: str
    name: str
    chdir: str
    main_yaml: str | None
    worker: WorkerOptions
    app_dirs: tuple[str, ...] = ()
    http: HttpOptions = field(default_factory=HttpOptions)
    log: LogOptions = field(default_factory=LogOptions)
    prints_to_log: bool = False
    identity: Identity | None = None
    own_tls: tuple[TlsFiles | None, ...] = ()
    default_tls: TlsFiles | None = None
    gunicorn: dict[str, Any] = field(default_factory=dict)
    hooks_file: str | None = None

    def certificates(self) -> set[TlsFiles]:
        """Return every certificate that an address may be served with."""
        return {files for files in (*self.own_tls, self.default_tls) if files is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOrder:
    """The start of one worker: the spec, its number and limit, and the descriptors it inherits.

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


def encode_spec(spec: WorkerSpec) -> bytes:
    """Return a spec as a line, without its end."""
    return msgspec.json.encode(spec, enc_hook=str)  # a Path as its text


def encode_order(order: WorkerOrder) -> bytes:
    """Return an order as a line, without its end."""
    return msgspec.json.encode(order, enc_hook=str)


def decode_spec(line: bytes) -> WorkerSpec:
    """Read what `encode_spec` wrote."""
    return msgspec.json.decode(line, type=WorkerSpec, dec_hook=_path)


def decode_order(line: bytes) -> WorkerOrder:
    """Read what `encode_order` wrote."""
    return msgspec.json.decode(line, type=WorkerOrder, dec_hook=_path)


def _path(_type: type[Path], text: str) -> Path:
    return Path(text)
