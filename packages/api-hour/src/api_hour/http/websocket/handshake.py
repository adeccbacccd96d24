"""The handshake of a WebSocket (RFC 6455, section 4): what a request must say, and what the answer does.

Rules that must hold: a request that cannot become a WebSocket is told what would, and a head that cannot be sent is
refused before any of it is.
"""

import logging
from collections.abc import Sequence

from websockets.datastructures import Headers
from websockets.extensions.permessage_deflate import enable_server_permessage_deflate
from websockets.http11 import Request as HandshakeRequest
from websockets.server import ServerProtocol

from api_hour.http.message.errors import HttpError
from api_hour.http.message.request import Request

LOG = logging.getLogger("api_hour.http")
_QUIET = logging.getLogger("api_hour.http.websocket")
_QUIET.setLevel(logging.WARNING)

VERSION = ("Sec-WebSocket-Version", "13")

_COMPRESSION = enable_server_permessage_deflate(None)

_OF_THE_SERVER = frozenset({
    b"connection", b"content-length", b"date", b"sec-websocket-accept", b"sec-websocket-extensions",
    b"sec-websocket-version", b"transfer-encoding", b"upgrade",
})  # fmt: skip


class Handshake:
    """A request for a WebSocket.

    Args:
        request: the request.
        compresses: whether messages are compressed for a client that asks for it (RFC 7692).

    Attributes:
        subprotocols: those that the client asks for, the best first.
        extensions: what is done with messages on the wire.

    Raises:
        HttpError: it is none, with what the client must say.
    """

    def __init__(self, request: Request, *, compresses: bool = False) -> None:
        if request.upgrade is None:  # or over HTTP/1.0, where it is ignored (RFC 9110, 7.8)
            raise _refusal(426, "this is a WebSocket; ask for it with Upgrade: websocket, over HTTP/1.1")
        if request.method != "GET":
            raise HttpError(405, "a WebSocket is asked for with GET", headers=[("Allow", "GET")])
        headers = [(name.decode("ascii"), value.decode("latin-1")) for name, value in request.raw_headers]
        if any(value != VERSION[1] for name, value in headers if name == VERSION[0].lower()):
            raise _refusal(426, f"the version of the WebSocket must be {VERSION[1]}")
        asked = HandshakeRequest(request.target.decode("ascii"), Headers(headers))
        protocol = ServerProtocol(extensions=_COMPRESSION if compresses else None, logger=_QUIET)
        accepted = protocol.accept(asked)
        if accepted.status_code != 101:
            raise _refusal(accepted.status_code, (accepted.body or b"").decode().strip())
        self._accept = accepted.headers["Sec-WebSocket-Accept"].encode("ascii")
        self._extensions_said = accepted.headers.get("Sec-WebSocket-Extensions", "").encode("ascii")
        self.extensions = protocol.extensions
        words = ",".join(value for name, value in headers if name == "sec-websocket-protocol").split(",")
        self.subprotocols = [word.strip() for word in words if word.strip()]

    def answer_fields(
        self, subprotocol: str | None, headers: Sequence[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        """Return the header fields of the answer that accepts it.

        Args:
            subprotocol: what is spoken; None to say nothing of it.
            headers: more headers; those that are the server's own are left out.
        """
        fields = [(b"Sec-WebSocket-Accept", self._accept)]
        if self._extensions_said:
            fields.append((b"Sec-WebSocket-Extensions", self._extensions_said))
        own = _OF_THE_SERVER
        if subprotocol is not None:
            own |= {b"sec-websocket-protocol"}
            fields.append((b"Sec-WebSocket-Protocol", subprotocol.encode("latin-1")))
        for name, value in headers:
            if name.lower() in own:
                LOG.debug("WebSocket: %r is the server's to say; it is left out", name)
            else:
                fields.append((name, value))
        return fields


def _refusal(status: int, reason: str) -> HttpError:
    headers = [VERSION] if status != 426 else [("Upgrade", "websocket"), VERSION]
    return HttpError(status, reason, headers=headers)
