"""One connection of HTTP/1.1, as its event loop and its worker see it.

Rule that must hold: a client that neither sends nor reads is cut at a deadline.
"""

import asyncio
from typing import cast

from api_hour.http.exchange.application import Application
from api_hour.http.exchange.request_log import RequestLog
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.h1.exchange import H1Exchange
from api_hour.http.h1.identified_exchange import IdentifiedExchange
from api_hour.http.h1.reader import RequestReader
from api_hour.http.message.errors import Refusal
from api_hour.http.transport.ends import Ends
from api_hour.http.transport.half_close import begin_probing, is_gone
from api_hour.http.transport.writer import Writer
from api_hour.http.wire.address import Address


class HttpProtocol(asyncio.Protocol):
    """One connection.

    Args:
        server: what the connections of the server share.
        application: answers its requests.
        client: the one that a proxy has named before a TLS handshake; None for the one that connects.

    Attributes:
        exchange: the request that is answered.
        reader: reads requests.
        writer: sends.
        request_log: is told of each request that is over; None when nobody wants to know.
    """

    __slots__ = (
        "__weakref__", "_application", "_client", "_server", "exchange", "reader", "request_log", "writer",
    )  # fmt: skip

    exchange: H1Exchange
    reader: RequestReader
    request_log: RequestLog | None
    writer: Writer

    def __init__(self, server: ServerState, application: Application, client: Address | None = None) -> None:
        self._server = server
        self._application = application
        self._client = client
        server.use(asyncio.get_running_loop())

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the first request's deadline, or refuse one connection too many."""
        server, application = self._server, self._application
        limits, proxy = server.limits, server.proxy
        self.writer = Writer(cast("asyncio.Transport", transport), server.outbox, limits)
        ends = Ends(self.writer.transport, proxy, self._client)
        self.request_log = log = server.request_log(ends)
        begin = application.begin if server.hooks is None else server.hooks.telling(application.begin)
        kind = H1Exchange if server.request_ids is None else IdentifiedExchange
        self.exchange = kind(server, begin, ends, self.writer, log)
        expects_header = False
        if proxy is not None and proxy.protocol:
            known = ends.known  # with TLS the header came before the handshake
            expects_header = known.is_proxy and known.scheme == "http"
        self.reader = self.exchange.requests = RequestReader(
            server, application, self.exchange, self.writer, log, expects_proxy_header=expects_header
        )
        if not server.add(self):
            setting = "--max-connections, or Limits(connections=...)"
            headers = [("Retry-After", "1")]
            refusal = Refusal(503, f"{limits.connections} connections are open", headers=headers, setting=setting)
            self.reader.refuse(refusal, b"")
            return
        self.reader.deadline.set(limits.head_timeout_s)

    def connection_lost(self, _error: Exception | None) -> None:
        """Take nothing more; a handler that runs may finish, its answer has nowhere to go."""
        self._server.connections.discard(self)
        self.writer.lose()
        self.reader.lose()
        self.exchange.lose()

    def data_received(self, data: bytes) -> None:
        """Begin the requests that came, as far as it is their turn."""
        self.reader.receive(data)

    def eof_received(self) -> bool:
        """Keep a half-closed connection open while answers are still to be sent."""
        transport = self.writer.transport
        self.writer.send_outgoing()
        can_answer = transport.can_write_eof()  # not with TLS
        if not self.reader.end_input(can_answer=can_answer) or not can_answer:
            return False
        begin_probing(transport)
        return not is_gone(transport)

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self.writer.pause(self._server.now_s)
        if self.reader.successor is not None:
            self.reader.successor.heed_reader()

    def resume_writing(self) -> None:
        """Go on with what waited."""
        self.writer.resume()
        if self.reader.successor is not None:
            self.reader.successor.heed_reader()
        self.reader.resume()

    # The worker's and the clock's calls.

    def begin_drain(self) -> None:
        """Say `Connection: close` with the next answer; an idle connection stays open meanwhile."""
        self.reader.is_last = True
        self.exchange.begin_drain()

    def begin_shutdown(self) -> None:
        """Answer what has come with `Connection: close`; close at once when nothing has."""
        self.begin_drain()
        reader = self.reader
        reader.closes_when_idle = True
        if reader.successor is not None:
            reader.successor.begin_shutdown()
        elif self.exchange.request is None and reader.body is None and not reader.backlog.data:
            reader.close()

    def end_stream(self) -> None:
        """End an answer that may never end by itself: the worker does not wait for it any longer."""
        stream = self.exchange.stream
        if stream is not None and not stream.has_known_end:
            stream.end()

    def abort(self) -> None:
        """Stop the handler and cut the connection."""
        self.reader.cut()
        self.exchange.cancel()

    def check_deadline(self, now_s: float) -> None:
        """Cut the connection when a deadline has passed."""
        reader, exchange, writer = self.reader, self.exchange, self.writer
        if writer.is_too_slow(now_s):
            reader.cut()
        exchange.check_deadline(now_s)
        reader.check_deadline(now_s)
        if reader.successor is not None:
            reader.successor.check_deadline(now_s)
        elif exchange.is_client_gone and not writer.is_cut and is_gone(writer.transport):
            reader.cut()
