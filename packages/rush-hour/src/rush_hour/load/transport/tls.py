"""TLS: how it is spoken, and a socket that speaks it with the calls of a plain one."""

import errno
import select
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from rush_hour.errors import UsageError

READ_BYTES = 256 * 1024  # of one call
TLS_RECORD_BYTES = 16384  # the most that one record holds (RFC 8446, section 5.1)
TLS_WRITE_BYTES = 1024 * 1024  # of one call, which is many records


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
