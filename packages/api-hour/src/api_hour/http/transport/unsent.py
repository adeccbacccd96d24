"""The bytes that were written and that their reader has not taken.

An event loop's buffer is the smaller part of it: the kernel takes megabytes of an answer before it says that it is
full, and then nothing for as long as a slow client needs for a third of them.
"""

import fcntl
import struct
import termios
from asyncio import WriteTransport


def count_unsent_bytes(transport: WriteTransport) -> int:
    """Return the bytes in the transport's buffer and in the kernel's queue (SIOCOUTQ: tcp(7), unix(7)).

    What a TCP client's kernel has acknowledged counts as taken: it does that as fast as the client makes room.
    """
    unsent_bytes = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        (queued_bytes,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4))
        unsent_bytes += queued_bytes
    return unsent_bytes
