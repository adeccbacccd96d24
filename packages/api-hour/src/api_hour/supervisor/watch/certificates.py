"""Looks at the files of certificates, and tells the workers what is in them when they have changed.

The supervisor does this because it keeps the rights to read a private key, which workers of another user have given up.
Rules that must hold: what cannot be used is never given to a worker, and is said once; files that are still being
written are left alone until they rest.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from api_hour.config.tls_files import TlsFiles
from api_hour.errors import ConfigError
from api_hour.tls import TlsPem, make_context, read_pem
from api_hour.tls.expiry import describe_expiry, expires_at

LOG = logging.getLogger("api_hour.supervisor")

LOOK_INTERVAL_S = 2.0

Signature = tuple[object, ...]


@dataclass(slots=True)
class _Watched:
    """The files of one certificate: as they were when they were read, and when they were looked at last."""

    files: TlsFiles
    read: Signature
    seen: Signature


class CertificateWatch:
    """Watches the files of a daemon's certificates.

    Args:
        certificates: the files.
        publish: takes what is in those that have changed.
    """

    def __init__(self, certificates: Iterable[TlsFiles], publish: Callable[[Sequence[TlsPem]], None]) -> None:
        signatures = {files: _signature(files) for files in certificates}
        self._watched = [_Watched(files, found, found) for files, found in signatures.items()]
        self._publish = publish
        self._due_at_s = 0.0

    @property
    def due_at_s(self) -> float | None:
        """The time of the next look, as `monotonic` counts; None for never."""
        return self._due_at_s if self._watched else None

    def look_if_due(self, now_s: float) -> None:
        """Look at the files, if it is time, and publish those that have changed and are good."""
        if now_s < self._due_at_s:
            return
        self._due_at_s = now_s + LOOK_INTERVAL_S
        changed = [pem for watched in self._watched if (pem := self._look(watched)) is not None]
        if changed:
            self._publish(changed)

    def _look(self, watched: _Watched) -> TlsPem | None:
        found = _signature(watched.files)
        rests, watched.seen = found == watched.seen, found
        if found == watched.read or not rests:
            return None
        watched.read = found
        try:
            return _read_checked(watched.files)
        except ConfigError as error:
            LOG.error("a certificate has changed and cannot be used, the old one stays: %s", error)  # noqa: TRY400
            return None


def _read_checked(files: TlsFiles) -> TlsPem:
    """Return what is in the files.

    Raises:
        ConfigError: it cannot be used.
    """
    pem = read_pem(files)
    make_context(pem)
    expiry = expires_at(pem.cert)
    LOG.info("certificate %s has changed: new connections get it, until %s", files.cert, f"{expiry:%Y-%m-%d %H:%M UTC}")
    if warning := describe_expiry(files, expiry, datetime.now(UTC)):
        LOG.warning("%s", warning)
    return pem


def _signature(files: TlsFiles) -> Signature:
    """Return what changes when a file does, also by a link that leads elsewhere."""
    return tuple(_signature_of(Path(path)) for path in files.paths())


def _signature_of(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno,)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
