"""TLS: how it is spoken, and a socket that speaks it with the calls of a plain one."""

import errno
import os
import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rush_hour.errors import UsageError

READ_BYTES = 256 * 1024  # of one call
TLS_RECORD_BYTES = 16384  # the most that one record holds (RFC 8446, section 5.1)
TLS_WRITE_BYTES = 1024 * 1024  # of one call, which is many records
AUTHORITIES = "--cacert: expected a file of certificates"
CERTIFICATE = "--cert: expected a certificate and its key (--key) in PEM"


@dataclass(frozen=True, slots=True)
class PemFile:
    """A file of certificates or of a key, as it was when it was read: it travels to hosts that do not have it.

    Attributes:
        path: where it was, for messages.
        data: what was in it; not shown, for it may be a key.
    """

    path: Path
    data: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return a file.

        Raises:
            OSError: it cannot be read.
        """
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            raise OSError(error.errno, error.strerror) from error  # the message that this becomes has its name

    @contextmanager
    def opened(self) -> Iterator[str]:
        """Give OpenSSL, which takes the names of files, the name of one in memory."""
        with os.fdopen(os.memfd_create("rush-hour-pem", os.MFD_CLOEXEC), "wb") as file:
            file.write(self.data)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The settings of TLS.

    Attributes:
        server_name: the name that the certificate must be for; also sent to the server (SNI, RFC 6066, section 3).
        verifies: whether the certificate is checked at all.
        ca: certificates to trust instead of the system's.
        cert, key: the client's own certificate and its key, for servers that ask for one.
    """

    server_name: str
    verifies: bool = True
    ca: PemFile | None = None
    cert: PemFile | None = None
    key: PemFile | None = None

    @classmethod
    def read(
        cls,
        *,
        server_name: str,
        verifies: bool = True,
        ca_file: Path | None = None,
        cert_file: Path | None = None,
        key_file: Path | None = None,
    ) -> Self:
        """Return how to speak TLS with what is in files now.

        Raises:
            UsageError: a file is not what it must be.
        """
        ca = cert = key = None
        if ca_file is not None:
            with _expecting(AUTHORITIES, ca_file):
                ca = PemFile.read(ca_file)
        if cert_file is not None:
            with _expecting(CERTIFICATE, cert_file):
                cert = PemFile.read(cert_file)
                key = None if key_file is None else PemFile.read(key_file)
        tls = cls(server_name=server_name, verifies=verifies, ca=ca, cert=cert, key=key)
        tls.context()
        return tls

    def context(self) -> ssl.SSLContext:
        """Return the context that connections are made with.

        Raises:
            UsageError: a file is not what it must be.
        """
        if self.ca is None:
            context = ssl.create_default_context()
        else:
            with _expecting(AUTHORITIES, self.ca.path), self.ca.opened() as file:
                context = ssl.create_default_context(cafile=file)
        if not self.verifies:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert is not None:
            with _expecting(CERTIFICATE, self.cert.path), ExitStack() as stack:
                files = [stack.enter_context(pem.opened()) for pem in (self.cert, self.key) if pem is not None]
                context.load_cert_chain(*files)
        return context


@contextmanager
def _expecting(what: str, path: Path) -> Iterator[None]:
    """Say what was expected of a file that the system or OpenSSL refuses."""
    try:
        yield
    except OSError as error:  # which ssl.SSLError is too
        raise UsageError(f"{what}, got {str(path)!r}: {error}") from error


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

    def getsockname(self) -> Any:
        """Return the address of this end."""
        return self._tls.getsockname()

    def getpeername(self) -> Any:
        """Return the address of the server's end."""
        return self._tls.getpeername()

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

    def send(self, data: bytes | memoryview) -> int:
        """Send what the kernel takes, and return how much that was: one record at a time, up to a limit."""
        view, sent_bytes = memoryview(data), 0
        try:
            while sent_bytes < min(len(view), TLS_WRITE_BYTES):
                sent_bytes += self._tls.send(view[sent_bytes:])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not sent_bytes:
                raise BlockingIOError from None
        except ssl.SSLEOFError as error:
            raise BrokenPipeError(errno.EPIPE, str(error)) from error
        return sent_bytes

    def recv_into(self, buffer: memoryview) -> int:
        """Put all that has arrived into a buffer and return how much that was; 0 at the end of the stream.

        What is left inside the library would not wake epoll again: of the buffer, room for one record is kept for it.

        Args:
            buffer: to be filled; longer than one record.
        """
        count = 0
        try:
            while count < len(buffer) - TLS_RECORD_BYTES or self._tls.pending():
                part = self._tls.recv_into(buffer[count:])
                if not part:
                    break
                count += part
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not count:
                raise BlockingIOError from None
        except ssl.SSLEOFError:
            pass  # closed without TLS's own goodbye: an end of stream like any other
        except OSError:
            if not count:
                raise  # otherwise what came before it counts first, and the next call says it again
        return count

    def close(self) -> None:
        """Close the connection at once."""
        self._tls.close()
