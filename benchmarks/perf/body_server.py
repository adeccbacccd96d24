"""A server of large bodies: `python body_server.py` prints its port and serves until SIGTERM.

PUT or POST    takes a body of any length, and then answers
GET            answers with 200,000 chunks of 16 bytes
"""

import re
import signal
import socket
import sys
import threading
from contextlib import suppress

CHUNKS = 200_000
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"10\r\n0123456789abcdef\r\n" * CHUNKS + b"0\r\n\r\n"
)
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
READ_BYTES = 1 << 20
LENGTH = re.compile(rb"\ncontent-length: *(\d+)", re.IGNORECASE)


def serve(connection: socket.socket) -> None:
    """Answer what one client asks, one request after the other, until it has gone."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, suppress(ConnectionError):  # the client may go in the middle of an answer
        data = b""
        while part := connection.recv(READ_BYTES):
            data += part
            head, is_whole, body = data.partition(b"\r\n\r\n")
            if not is_whole:
                continue
            if length := LENGTH.search(head):
                if b"100-continue" in head.lower():
                    connection.sendall(GO_ON)
                take(connection, int(length[1]) - len(body))
            connection.sendall(TAKEN if length else CHUNKED)
            data = b""


def take(connection: socket.socket, length_bytes: int) -> None:
    """Read so much, and forget it."""
    buffer = bytearray(READ_BYTES)
    while length_bytes > 0:
        length_bytes -= connection.recv_into(buffer) or length_bytes


def main() -> None:
    """Serve each connection in a thread of its own."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
