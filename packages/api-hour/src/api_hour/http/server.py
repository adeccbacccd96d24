"""A handler for `Container.make_servers`: the connections of one address, answered by an application.

It knows the wires, and nothing of what is answered.
"""

from typing import Any

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.application import Application
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.h1.protocol import HttpProtocol
from api_hour.http.message.errors import Refusal
from api_hour.http.message.limits import Limits
from api_hour.http.wire.address import Address
from api_hour.http.wire.proxy import Proxy
from api_hour.http.wire.proxy_protocol import read_proxy_header


class Server:
    """A protocol factory: called without arguments for each connection.

    Args:
        application: answers the requests.
        state: what the connections share.

    Attributes:
        application: as above.
        state: as above.
    """

    def __init__(self, application: Application, state: ServerState) -> None:
        self.application = application
        self.state = state

    def __call__(self) -> HttpProtocol:
        """Make the protocol of one connection."""
        return HttpProtocol(self.state, self.application)

    @property
    def connections(self) -> set[Any]:
        """The connections that are open."""
        return self.state.connections

    @property
    def works(self) -> set[Answering]:
        """The work on requests that goes on, also when its connection is lost or its answer is whole."""
        return self.state.works

    @property
    def limits(self) -> Limits:
        """The limits of what a client may ask for."""
        return self.state.limits

    @property
    def proxy(self) -> Proxy | None:
        """The proxies that are believed; None for none."""
        return self.state.proxy

    @property
    def now_s(self) -> float:
        """The loop's time, as the connections' clock shows it."""
        return self.state.now_s

    # A proxy's header before a TLS handshake.

    def expects_proxy_header(self, peer: str | None) -> bool:
        """Tell whether the connections from an address begin with a PROXY protocol header; None is a unix socket's."""
        return self.proxy is not None and self.proxy.protocol and self.proxy.trusts(peer)

    def read_proxy_header(self, data: bytes) -> tuple[Address | None, bytes] | None:
        """Return the client that a header names, and what follows; None if it is not whole.

        Raises:
            ConnectionAbortedError: it is no such header, which cannot be answered before a TLS handshake.
        """
        try:
            return read_proxy_header(data)
        except Refusal as refusal:
            self.state.refusals.info("closed a connection before its TLS handshake: %s", refusal.args[0])
            raise ConnectionAbortedError(refusal.args[0]) from refusal

    def begin_for(self, client: Address | None) -> HttpProtocol:
        """Make the protocol of a connection whose PROXY protocol header was read."""
        return HttpProtocol(self.state, self.application, client)
