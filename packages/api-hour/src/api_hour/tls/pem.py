"""The contents of a certificate's files, read once, so that what was checked is what is used."""

from dataclasses import dataclass, field
from pathlib import Path

from api_hour.config.tls_files import TlsFiles
from api_hour.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPem:
    """The content of a certificate's files.

    Attributes:
        files: which they were.
        cert: the certificates.
        key: the private key.
        ca: certificates of authorities; None when clients are asked for none.
    """

    files: TlsFiles
    cert: bytes
    key: bytes = field(repr=False)
    ca: bytes | None = None


def read_pem(files: TlsFiles) -> TlsPem:
    """Read the files.

    Raises:
        ConfigError: one cannot be read.
    """
    cert = _read("certificate", files.cert)
    return TlsPem(
        files=files,
        cert=cert,
        key=cert if files.key is None else _read("key", files.key),
        ca=None if files.ca is None else _read("authorities", files.ca),
    )


def _read(what: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{what} {path} cannot be read: {error.strerror}.") from error
