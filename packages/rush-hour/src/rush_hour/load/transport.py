"""From an address to a connection: plain sockets, and TLS on top of them with the same calls."""

import select
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rush_hour.errors import UsageError

READ_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect: what `socket.connect` needs.

    Attributes:
        family: `socket.AF_INET`, `AF_INET6` or `AF_UNIX`.
        sockaddr: the address in that family's form.
        label: the address for reading.
    """

    family: int
    sockaddr: Any
    label: str

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that it shares its cores with the load generator."""
        return self.family == socket.AF_UNIX or str(self.sockaddr[0]).startswith(("127.", "::1"))

    def open_socket(self, *, blocking: bool) -> socket.socket:
        """Return a socket of the address's family, not connected."""
        kind = socket.SOCK_STREAM if blocking else socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        sock = socket.socket(self.family, kind)
        if self.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How to speak TLS.

    Attributes:
        server_name: whom the certificate must be for; also sent to the server (SNI, RFC 6066, section 3).
        verifies: whether the certificate is checked at all.
        ca_file: certificates to trust instead of the system's.
        cert_file, key_file: the client's own certificate and its key, for servers that ask for one.
    """

    server_name: str
    verifies: bool = True
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return the context that connections are made with.

        Raises:
            UsageError: a file is not what it must be.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            message = f"--cacert: expected a file of certificates, got {str(self.ca_file)!r}: {error}"
            raise UsageError(message) from error
        if not self.verifies:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert_file is not None:
            try:
                context.load_cert_chain(self.cert_file, self.key_file)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(
                    f"--cert: expected a certificate and its key (--key) in PEM, got {str(self.cert_file)!r}: {error}"
                ) from error
        return context


class TlsSocket:
    """A non-blocking socket that speaks TLS: `send` and `recv` raise BlockingIOError as a plain one's do.

    Args:
        sock: connected.
        context: what `Tls.context` returned.
        server_name: see `Tls`.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        self._tls = context.wrap_socket(sock, server_hostname=server_name, do_handshake_on_connect=False)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._tls.fileno()

    def handshake(self) -> int:
        """Go on with the handshake, and return what it waits for: EPOLLIN, EPOLLOUT, or 0 when it is done.

        Raises:
            ssl.SSLError: the server's certificate or answer is not acceptable.
            OSError: the connection is lost.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return select.EPOLLIN
        except ssl.SSLWantWriteError:
            return select.EPOLLOUT
        return 0

    def send(self, data: bytes) -> int:
        """Send what the kernel takes, and return how much that was."""
        try:
            return self._tls.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def recv(self, limit_bytes: int) -> bytes:
        """Return all that has arrived, at most about `limit_bytes`; nothing at the end of the stream.

        TLS comes in records of up to 16 KB: what is left inside the library would not wake epoll again.
        """
        parts: list[bytes] = []
        missing = limit_bytes
        try:
            while missing > 0 or self._tls.pending():
                part = self._tls.recv(max(missing, READ_BYTES))
                if not part:
                    break
                parts.append(part)
                missing -= len(part)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not parts:
                raise BlockingIOError from None
        except ssl.SSLEOFError:
            pass  # closed without TLS's own goodbye: an end of stream like any other
        return b"".join(parts)

    def close(self) -> None:
        """Close the connection at once."""
        self._tls.close()
