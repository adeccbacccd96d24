"""A server of known behaviour: a script says what is answered to each request."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class ScriptedServer:
    """Answers each request with what `script` returns: bytes to send, or None to close the connection.

    The script is called with the number of the request, from 0, over all connections.
    """

    script: Callable[[int], bytes | None] = lambda _number: OK
    resets: bool = False  # whether connections are closed with RST
    interim: bytes = b""  # what is sent before each answer, in a packet of its own
    requests: list[bytes] = field(default_factory=list)
    arrived_at_s: list[float] = field(default_factory=list)
    connections: int = 0
    peers: list[str] = field(default_factory=list)  # the addresses that they came from
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: list[socket.socket] = field(default_factory=list)

    def start(self, listener: socket.socket) -> None:
        self.listener = listener
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/agents"

    def stop(self) -> None:
        """Stop listening and close every connection; a second call changes nothing."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self.peers.append(peer[0] if peer else "")
                self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        try:
            while data := connection.recv(65536):
                buffer += data
                while b"\r\n\r\n" in buffer:
                    request, _, buffer = buffer.partition(b"\r\n\r\n")
                    with self._lock:
                        number = len(self.requests)
                        self.requests.append(request)
                        self.arrived_at_s.append(time.monotonic())
                    answer = self.script(number)
                    if answer is None:
                        if self.resets:
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        connection.close()
                        return
                    if self.interim:
                        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        connection.sendall(self.interim)
                        time.sleep(0.001)  # so that nobody reads both at once
                    connection.sendall(answer)
        except OSError:
            return
        finally:
            connection.close()
