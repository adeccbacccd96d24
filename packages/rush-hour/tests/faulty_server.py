"""A server that does one thing wrong, in one of many ways, with every third request."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from scripted_server import OK

Fault = Callable[[socket.socket], bool]  # does what is wrong, and says whether the connection goes on

HEAD = b"HTTP/1.1 200 OK\r\n"
EVERY = 3


class FaultyServer:
    """Answers two requests of three well, and lets a fault happen to the third.

    Args:
        fault: what happens.
        context: for TLS; None without it.
    """

    def __init__(self, fault: Fault, context: ssl.SSLContext | None = None) -> None:
        self._fault = fault
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._requests = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        sock = plain
        try:
            with self._lock:
                self._open.add(plain)
            if self._context is not None:
                sock = self._context.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.symmetric_difference_update({plain, sock})
            sock.settimeout(5)
            while self._read_head(sock):
                with self._lock:
                    self._requests += 1
                    is_faulty = self._requests % EVERY == 0
                if not is_faulty:
                    sock.sendall(OK)
                elif not self._fault(sock):
                    return
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    @staticmethod
    def _read_head(sock: socket.socket) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = sock.recv(1 if head else 4)
            if not data:
                return False
            head += data
        return True


def says(*parts: bytes, then: str = "goes on", pause_s: float = 0.0) -> Fault:
    """Return the fault of sending something else.

    Args:
        parts: what is sent.
        then: `goes on`, `closes`, `resets`, `half-closes` or `waits`.
        pause_s: between the parts.
    """

    def fault(sock: socket.socket) -> bool:
        for number, part in enumerate(parts):
            if number and pause_s:
                time.sleep(pause_s)
            sock.sendall(part)
        if then == "resets":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif then == "half-closes":
            socket.socket.shutdown(sock, socket.SHUT_WR)
        if then in {"half-closes", "waits"}:
            with suppress(OSError):
                while sock.recv(4096):
                    pass  # until the client has had enough
        return then == "goes on"

    return fault
