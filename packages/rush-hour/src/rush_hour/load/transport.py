"""From an address to a connection: plain sockets, and TLS on top of them with the same calls."""

import errno
import select
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rush_hour.errors import UsageError

READ_BYTES = 256 * 1024
TLS_RECORD_BYTES = 16384  # the most that one record holds (RFC 8446, section 5.1)
TLS_WRITE_BYTES = 1024 * 1024  # of one call, which is many records
IP_BIND_ADDRESS_NO_PORT = 24  # in.h; the port is chosen with the server's address, so that each has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect: what `socket.connect` needs.

    Attributes:
        family: `socket.AF_INET`, `AF_INET6` or `AF_UNIX`.
        sockaddr: the address in that family's form.
        label: the address for reading.
        others: further addresses of the same name, to be tried in this order.
        sources: addresses of this machine to connect from, in turn; none for the one that the system chooses.
    """

    family: int
    sockaddr: Any
    label: str
    others: tuple["Address", ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that it shares its cores with the load generator."""
        return self.family == socket.AF_UNIX or str(self.sockaddr[0]).startswith(("127.", "::1"))

    def open_socket(self, *, blocking: bool, source: str | None = None) -> socket.socket:
        """Return a socket of the address's family, not connected.

        Args:
            blocking: whether its calls wait.
            source: the local address to send from; None for the one that the system chooses.

        Raises:
            OSError: there is no room for it, or the source is not this machine's.
        """
        kind = socket.SOCK_STREAM if blocking else socket.SOCK_STREAM | socket.SOCK_NONBLOCK
        sock = socket.socket(self.family, kind)
        try:
            if self.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source is not None:
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((source, 0))
        except OSError:
            sock.close()
            raise
        return sock


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the server.

    Attributes:
        place: of the address among those of the name.
        source: the local address to send from; None for the one that the system chooses.
    """

    address: Address
    place: int
    source: str | None


class Ways:
    """All ways to the server: each of its addresses, from each of our own.

    Args:
        address: the first of the server's.
        spread: whether connections take the server's addresses in turn, and not the first that answers.

    Raises:
        UsageError: no source can reach an address.
    """

    def __init__(self, address: Address, *, spread: bool = False) -> None:
        self._spread = spread
        self.addresses = (address, *address.others)
        self._by_place = [
            [Way(address=one, place=place, source=source) for source in _sources_for(one, address.sources)]
            for place, one in enumerate(self.addresses)
        ]
        if not any(self._by_place):
            got = ", ".join(address.sources)
            raise UsageError(f"--source: expected an address of the kind that {address.label} has, got {got}.")

    def choose(self, turn: int, place: int) -> list[Way]:
        """Return all ways in the order in which they are to be tried, the first one last.

        Args:
            turn: a number that is another one for each connection and each time: sources are taken in turn.
            place: of the address that answered the last time, if they are not spread.
        """
        first = turn if self._spread else place
        chosen: list[Way] = []
        for number in range(len(self._by_place)):
            ways = self._by_place[(first + number) % len(self._by_place)]
            chosen += [ways[(turn + step) % len(ways)] for step in range(len(ways))]
        chosen.reverse()
        return chosen


def _sources_for(address: Address, sources: Sequence[str]) -> list[str | None]:
    """Return the sources that can reach an address: those of its family."""
    if not sources:
        return [None]
    return [source for source in sources if (":" in source) == (address.family == socket.AF_INET6)]


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


def name_of(error: OSError | int) -> str:
    """Return a short name for counting: `ECONNREFUSED`, or of TLS, `CERTIFICATE_VERIFY_FAILED`."""
    if isinstance(error, ssl.SSLError):
        return error.reason or type(error).__name__
    code = error if isinstance(error, int) else error.errno or 0
    return errno.errorcode.get(code, str(code))


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
