"""Sending of a file by the kernel (sendfile(2)), beside a transport that knows nothing of it.

asyncio's `loop.sendfile` is not there on uvloop. So a duplicate of the connection's descriptor is written to while the
transport has nothing to send.
"""

import os

from api_hour.http.message.errors import ClientGone
from api_hour.http.transport.writer import Writer

PIECE_BYTES = 1024 * 1024  # between two pieces, others have their turn


def can_send_files(writer: Writer) -> bool:
    """Tell whether the kernel can: what is encrypted here, it cannot."""
    transport = writer.transport
    return transport.get_extra_info("socket") is not None and transport.get_extra_info("sslcontext") is None


async def send_file(writer: Writer, file: int, first: int, size_bytes: int) -> None:
    """Send a part of an open file, at the pace of the client.

    Args:
        writer: the connection's; nobody else may send meanwhile.
        file: the file's descriptor.
        first: where in the file the part begins.
        size_bytes: how long it is.

    Raises:
        ValueError: the file is shorter.
        OSError: the file cannot be read.
        ClientGone: the client has closed the connection.
    """
    await writer.wait_until_sent()
    connection = os.dup(writer.transport.get_extra_info("socket").fileno())
    try:
        while size_bytes > 0:
            if writer.is_lost:  # the duplicate is still connected, and would send on
                raise ClientGone("the client closed the connection")
            sent_bytes = _send(connection, file, first, min(size_bytes, PIECE_BYTES))
            if sent_bytes == 0:
                raise ValueError(f"response body: the file ends {size_bytes} bytes before what its head says")
            first += sent_bytes or 0
            size_bytes -= sent_bytes or 0
            if size_bytes:
                await writer.wait_until_writable(connection)
    finally:
        os.close(connection)


def _send(connection: int, file: int, first: int, size_bytes: int) -> int | None:
    """Return how much the kernel took; None if it takes nothing now."""
    try:
        return os.sendfile(connection, file, first, size_bytes)
    except BlockingIOError:
        return None
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ClientGone("the client closed the connection") from error
