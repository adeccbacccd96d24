"""The two ends of one connection: the client, the address that it has connected to, and the scheme."""

import asyncio
from dataclasses import dataclass

from api_hour.http.message.request import Request
from api_hour.http.wire.address import Address, plain_host
from api_hour.http.wire.proxy import Origin, Proxy, origin_of

Server = tuple[str, int | None]  # an address and a port; a unix socket's path and no port


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEnds:
    """The two ends of a connection, as its transport knows them.

    Attributes:
        client: the one that has connected, or that a proxy speaks for; None for a unix socket's.
        server: the address that was connected to.
        scheme: `http` or `https`.
        is_proxy: whether who has connected is a proxy whose headers are believed.
    """

    client: Address | None
    server: Server | None
    scheme: str
    is_proxy: bool


class Ends:
    """The two ends.

    Args:
        transport: the connection's.
        proxy: which proxies are believed; None for none.
        client: the one that a proxy's header has named; None for the one that has connected.
    """

    __slots__ = ("_client", "_known", "_proxy", "_transport")

    def __init__(self, transport: asyncio.Transport, proxy: Proxy | None, client: Address | None = None) -> None:
        self._transport = transport
        self._proxy = proxy
        self._client = client
        self._known: KnownEnds | None = None

    def introduce(self, client: Address | None) -> None:
        """Take the client that a proxy's header names; None for the one that has connected."""
        self._client = client
        self._known = None

    @property
    def known(self) -> KnownEnds:
        """The transport's word: it is asked once, for it asks the kernel each time, and forgets when it closes."""
        return self._known or self._ask()

    def of(self, request: Request) -> tuple[Address | None, Server | None, str]:
        """Return the client, the address that it has connected to, and the scheme, as trusted proxies say."""
        known = self._known or self._ask()
        if not known.is_proxy:
            return known.client, known.server, known.scheme
        origin = Origin() if self._proxy is None else origin_of(request.headers, self._proxy)
        return origin.client or known.client, known.server, origin.scheme or known.scheme

    def _ask(self) -> KnownEnds:
        transport, proxy = self._transport, self._proxy
        peer, own = (
            (None, None)
            if transport.is_closing()
            else (transport.get_extra_info("peername"), transport.get_extra_info("sockname"))
        )
        client = (plain_host(str(peer[0])), int(peer[1])) if isinstance(peer, tuple) else None
        server: Server | None = None
        if isinstance(own, tuple):
            server = plain_host(str(own[0])), int(own[1])
        elif isinstance(own, str) and own:
            server = own, None
        self._known = KnownEnds(
            client=self._client or client,
            server=server,
            scheme="http" if transport.get_extra_info("sslcontext") is None else "https",
            is_proxy=proxy is not None and proxy.trusts(None if client is None else client[0]),
        )
        return self._known
