"""The upstream of `/wait`: an HTTP server that answers everything after 50 ms, until SIGTERM. `make modern` starts it.

`python upstream.py [PORT]` serves on a port of 127.0.0.1, by default a free one, and prints its address; with `--check`
in place of a port, it sees that one answers at UPSTREAM_URL. What the suite uploads is made before it serves.
"""

import asyncio
import os
import signal
import sys
import urllib.request

from megabyte import make_file

WAIT_S = 0.05
BODY = b'{"upstream":"ready"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
CHECK_S = 5.0
HOW = "`make modern` starts one; by hand: python benchmarks/modern/upstream.py, and export UPSTREAM_URL as it prints it"


class Upstream(asyncio.Protocol):
    """A connection whose requests have no body, and come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with an empty head."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        """Answer later, once the head is whole."""
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            self._head = b""
            asyncio.get_running_loop().call_later(WAIT_S, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


async def serve(port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    make_file()  # which the suite sends
    server = await loop.create_server(Upstream, "127.0.0.1", port, backlog=4096)
    print(f"UPSTREAM_URL=http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await ended.wait()


def check() -> str | None:
    """Return what is wrong with UPSTREAM_URL; None if an upstream answers there."""
    url = os.environ.get("UPSTREAM_URL", "")
    if not url.startswith("http://"):
        return f"UPSTREAM_URL: expected the address of the upstream of /wait, got {url!r}: {HOW}."
    try:
        with urllib.request.urlopen(url, timeout=CHECK_S) as answer:  # noqa: S310  # it is http
            found = answer.read()
    except OSError as error:
        return f"UPSTREAM_URL: expected an upstream at {url}: {error}. {HOW}."
    return None if found == BODY else f"UPSTREAM_URL: expected {BODY!r} from {url}, got {found[:80]!r}. {HOW}."


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    asyncio.run(serve(int(*sys.argv[1:] or "0")))
