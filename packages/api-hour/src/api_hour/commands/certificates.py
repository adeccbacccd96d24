"""The certificates of a daemon, looked at before it serves: they are read with the rights of whoever starts it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from api_hour.config.tls_files import TlsFiles
from api_hour.tls import make_context, read_pem
from api_hour.tls.expiry import describe_expiry, expires_at


def check_certificates(certificates: Iterable[TlsFiles]) -> list[str]:
    """Read and check each, and return what is to be said of those that expire soon.

    Raises:
        ConfigError: one cannot be used.
    """
    warnings = []
    for files in certificates:
        pem = read_pem(files)
        make_context(pem)
        warnings.append(describe_expiry(files, expires_at(pem.cert), datetime.now(UTC)))
    return [warning for warning in warnings if warning is not None]
