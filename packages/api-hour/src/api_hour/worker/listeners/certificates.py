"""The certificates that one worker serves with: read with the rights that it starts with, replaced when they change.

A certificate that is replaced is there for new connections; those that are open keep theirs.
"""

import ssl
from collections.abc import Iterable, Sequence

from api_hour.config.tls_files import TlsFiles
from api_hour.tls import TlsPem, make_context, read_pem


class Certificate:
    """The certificate of one address.

    Args:
        files: where it is read from, at once.

    Attributes:
        files: the same.
        context: what the next connection is served with.

    Raises:
        ConfigError: it cannot be used.
    """

    def __init__(self, files: TlsFiles) -> None:
        self.files = files
        self._pem = read_pem(files)
        self.context = make_context(self._pem)

    def lasting_context(self) -> ssl.SSLContext:
        """Return a context that a server keeps: each handshake is made with the newest certificate.

        Whose clients may connect is not replaced with it.
        """
        context = make_context(self._pem)
        context.sni_callback = self._choose  # called in each handshake, also for a client that names no host
        return context

    def _choose(self, connection: ssl.SSLObject, _host: str | None, _lasting: ssl.SSLContext) -> None:
        connection.context = self.context


def read_certificates(own: Sequence[TlsFiles | None], default: TlsFiles | None, count: int) -> list[Certificate | None]:
    """Read the certificate of each listening socket.

    Args:
        own: those of `--bind`, in order.
        default: that of the addresses that name none, and of the service manager's sockets.
        count: how many sockets there are.

    Raises:
        ConfigError: one cannot be used.
    """
    files = [named or default for named in own] + [default] * (count - len(own))
    return [None if item is None else Certificate(item) for item in files]


def replace_certificates(certificates: Iterable[Certificate | None], changed: Iterable[TlsPem]) -> None:
    """Serve new connections with what is in the files now.

    Raises:
        ConfigError: it cannot be used; the supervisor has checked it before.
    """
    by_files = {pem.files: make_context(pem) for pem in changed}
    for certificate in certificates:
        if certificate is not None and certificate.files in by_files:
            certificate.context = by_files[certificate.files]
