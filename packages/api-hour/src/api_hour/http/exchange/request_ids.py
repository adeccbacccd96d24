"""The ids of requests: each has one, which leads from a client's answer to the lines of all logs.

It comes in a header (`--request-id-header`). Who is trusted may choose it, for a proxy before this server has its own
log; of anybody else's a new one takes the place, and applications never see what was sent.
"""

import re
from collections.abc import Iterable
from secrets import token_hex
from typing import Self

from api_hour.config.http_options import HttpOptions
from api_hour.http.message.request import Request
from api_hour.http.transport.ends import Ends
from api_hour.http.wire.proxy import Proxy
from api_hour.log.context import REQUEST_ID

ID_BYTES = 16  # of a new one, as in W3C's trace-id

_GOOD = re.compile(rb"[!-~]{1,200}")


class RequestIds:
    """Gives requests their ids.

    Args:
        header: the header's name.
        trusted: the proxies that may choose.

    Attributes:
        name: as above.
        raw_name: the same as bytes.
    """

    def __init__(self, header: str, trusted: Proxy) -> None:
        self.name = header
        self.raw_name = header.encode("ascii")
        self._key = self.raw_name.lower()
        self._trusted = trusted

    @classmethod
    def of_options(cls, options: HttpOptions, proxy: Proxy | None) -> Self | None:
        """Return what the daemon's options say; None when requests have no ids.

        Args:
            options: the options.
            proxy: the proxies that are believed otherwise; None for none.
        """
        if options.request_id_header is None:
            return None
        return cls(options.request_id_header, proxy or Proxy(trusted=options.trusted_proxies))

    def identify(self, request: Request, ends: Ends) -> None:
        """Give a request its id, in the header that applications see, too."""
        key = self._key
        said = [value for name, value in request.raw_headers if name == key]
        if len(said) == 1 and _GOOD.fullmatch(said[0]) and self._is_trusted(ends):
            request.request_id = said[0].decode("ascii")
            return
        request.request_id = token_hex(ID_BYTES)
        others = [pair for pair in request.raw_headers if pair[0] != key]
        request.raw_headers = [*others, (key, request.request_id.encode("ascii"))]

    def are_in(self, fields: Iterable[tuple[str | bytes, object]]) -> bool:
        """Tell whether an answer has the header already."""
        lower = self.name.lower()
        return any((name if isinstance(name, str) else name.decode("latin-1")).lower() == lower for name, _ in fields)

    def _is_trusted(self, ends: Ends) -> bool:
        known = ends.known
        return known.is_proxy or self._trusted.trusts(None if known.client is None else known.client[0])


def enter(request: Request) -> None:
    """Let the lines that are logged from now on in this context have the request's id; for requests that have one."""
    REQUEST_ID.set(request.request_id)
