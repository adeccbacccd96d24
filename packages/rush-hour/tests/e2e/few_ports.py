"""A network namespace of its own, with few local ports: `unshare --net python few_ports.py COMMAND...`.

`{port}` in the command is that of a server that answers each request after a while, and closes: until then the port
of the connection is taken.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

PORTS = "40000 40003"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
ANSWER_AFTER_S = 1.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def answer(connection: socket.socket) -> None:
    with connection:
        if connection.recv(65536):
            time.sleep(ANSWER_AFTER_S)
            connection.sendall(ANSWER)


def answer_all(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def main() -> int:
    bring_loopback_up()
    listener = socket.create_server(("127.0.0.1", 8000))
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(PORTS)
    threading.Thread(target=answer_all, args=(listener,), daemon=True).start()
    return subprocess.run([word.format(port=8000) for word in sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
