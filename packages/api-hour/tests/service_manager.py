"""A service manager of the tests' own: it listens as systemd does, and hands over sockets as systemd does."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def service_manager(name: str) -> Iterator[list[bytes]]:
    """Listen as a service manager does, and give what it is told, without a word about the watchdog but the first."""
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")

        def listen() -> None:
            while message := manager.recv(100):
                if message != b"WATCHDOG=1" or message not in told:
                    told.append(message)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield told
        finally:
            manager.sendto(b"", f"\0{name}")
            thread.join()


def given_sockets(command: Sequence[str], fds: Sequence[int]) -> list[str]:
    """Return a command that becomes another one, which gets these descriptors from 3 on (sd_listen_fds(3))."""
    renumber = " ".join(f"{number}<&{fd}" for number, fd in enumerate(fds, start=3))
    return ["/bin/bash", "-c", f'LISTEN_PID=$$ LISTEN_FDS={len(fds)} exec "$0" "$@" {renumber}', *command]
