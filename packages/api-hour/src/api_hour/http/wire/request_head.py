"""Heads of requests: bytes in, a `Request` or a refusal out (RFC 9112, sections 2, 3, 5 and 6).

The request line is matched here, in its one strict form, and any token is a method; the fields are llhttp's, in its
strict mode, by httptools, which is shown a request line that it knows. Rules that must hold: what a proxy before this
server could understand in another way is refused, and which refusal a client gets does not depend on how its bytes were
split. Pure: no clock, no socket.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Any

import httptools

from api_hour.http.message.errors import Refusal
from api_hour.http.message.limits import Limits
from api_hour.http.message.request import Request
from api_hour.http.wire.address import LAST_PORT
from api_hour.http_token import TCHAR

HEAD_END = b"\r\n\r\n"

_TOKEN_BYTE = TCHAR.encode()
METHOD_BYTES = 64
_REQUEST_LINE = re.compile(  # RFC 9112, 3: one space, no fragment; 2.3: each HTTP/1 is one of those that are known
    rb"(%b{1,%d}) ([!\"$-~]+) HTTP/1\.([0-9])\r\n" % (_TOKEN_BYTE, METHOD_BYTES)
)
_LONG_METHOD = re.compile(rb"%b{%d}" % (_TOKEN_BYTE, METHOD_BYTES + 1))
_VERSION = re.compile(rb"[^\r\n]* HTTP/([0-9])\.([0-9])\r\n")
_BEGINNING = re.compile(rb"[^ \r\n]{0,64} ([^ \r\n]*)")
_STRAY_LINE_END = re.compile(rb"\r[^\n]|(?<!\r)\n")
_FIRST_BYTES = frozenset(byte for byte in range(128) if re.fullmatch(_TOKEN_BYTE, bytes([byte])))

_AUTHORITY = re.compile(  # RFC 9110, 7.2; RFC 3986, 3.2.2
    rb"(?:\[(?:([0-9A-Fa-f:.]+)|[Vv][0-9A-Fa-f]+\.[0-9A-Za-z._~!$&'()*+,;=:-]+)\]"
    rb"|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?"
)
_ABSOLUTE = re.compile(rb"https?://([^/?@]+)([/?].*)?", re.IGNORECASE)
_CODING = re.compile(rb"(\r\ntransfer-encoding:)([^\r\n]*)", re.IGNORECASE)

_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_FRAMING_FIELDS = frozenset({b"connection", b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_FRAMINGS = frozenset({b"content-length", b"transfer-encoding"})
_LENGTH_DIGITS = 16


class HeadParser:
    """Parses the heads of one connection.

    Args:
        limits: what a client may ask for.
        container: what the requests carry.
        knows_method: tells whether a method, which is none of the common ones, may be asked for.
    """

    __slots__ = (
        "_container", "_fields", "_headers", "_is_complete", "_knows_method", "_last_host", "_limits", "_parser",
        "on_header",
    )  # fmt: skip

    def __init__(
        self, limits: Limits, container: Any, knows_method: Callable[[str], bool] = lambda _method: True
    ) -> None:
        self._limits = limits
        self._container = container
        self._knows_method = knows_method
        self._headers: list[tuple[bytes, bytes]] = []
        self._fields: list[tuple[bytes, bytes]] = []
        self._last_host: list[tuple[bytes, bytes]] | None = None  # the only field to check of a head, and it was right
        self._parser: httptools.HttpRequestParser | None = None

        def on_header(name: bytes, value: bytes) -> None:
            field = (name.lower(), value.rstrip(b" \t"))
            self._headers.append(field)
            if field[0] in _FRAMING_FIELDS:
                self._fields.append(field)

        self.on_header = on_header

    def close(self) -> None:
        """Let go of the parser, which refers to this object."""
        self._parser = None
        del self.on_header

    def on_headers_complete(self) -> None:
        """Note that the parser has seen a whole head."""
        self._is_complete = True

    def parse(self, head: bytes) -> Request:
        """Return the request of a whole head, its blank line included.

        Raises:
            Refusal: it is not what HTTP/1.1 says, or more than the limits allow.
        """
        line = _REQUEST_LINE.match(head)
        limits = self._limits
        method, target, minor = line.groups() if line is not None else (b"", b"", b"")
        if line is None or len(head) > limits.head_bytes or len(target) > limits.target_bytes:
            raise refuse_beginning(head, limits) or _refuse_line(head)
        name = _METHODS.get(method)
        headers: list[tuple[bytes, bytes]] = []
        fields: list[tuple[bytes, bytes]] = []
        self._headers, self._fields = headers, fields
        parser = self._parser = self._parser or httptools.HttpRequestParser(self)
        self._is_complete = False
        is_common = name and minor == b"1"
        try:
            parser.feed_data(head if is_common else _known_line(minor) + head[line.end() :])
        except httptools.HttpParserUpgrade:
            self._parser = None  # it waits for nothing more
        except httptools.HttpParserError as error:
            self._feed_again(head, line.end(), minor, error)
        request = Request(name or method.decode("ascii"), target, headers, self._container)
        if not is_common and minor == b"0":
            request.is_http_1_0, request.keep_alive = True, False
        if not self._is_complete:
            raise Refusal(400, "the head is malformed")
        if len(headers) > limits.header_count:
            raise Refusal(
                431,
                f"there are more than {limits.header_count} headers",
                setting="--max-headers, or Limits(header_count=...)",
            )
        if fields != self._last_host:
            self._check_once(request, fields)
        if target[0] != 0x2F or name is None:
            self._check_line(request)
        if not request.keep_alive or request.content_length or request.is_chunked:
            self._parser = None  # it waits for a body, or for nothing more; the next head needs another
        return request

    def _feed_again(self, head: bytes, fields_at: int, minor: bytes, error: Exception) -> None:
        """Refuse what llhttp refuses; but not a tab after a transfer coding, which it does not know (RFC 9112, 5).

        Raises:
            Refusal: that was not the reason.
        """
        fields = _CODING.sub(lambda field: field[1] + field[2].strip(b" \t"), head[fields_at - 2 :])
        refusal = refuse_beginning(head, self._limits) or Refusal(400, str(error))
        if fields == head[fields_at - 2 :]:
            raise refusal from None
        self._headers.clear()
        self._fields.clear()
        self._parser = None
        try:
            httptools.HttpRequestParser(self).feed_data(_known_line(minor) + fields[2:])
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            raise refusal from None

    def _check_line(self, request: Request) -> None:
        """Check a method that is not common, and a target that is no path."""
        if not self._knows_method(request.method):
            raise Refusal(501, "this method is not known here")
        if request.target[:1] != b"/" or request.method == "CONNECT":
            _check_target(request)

    def _check_once(self, request: Request, fields: list[tuple[bytes, bytes]]) -> None:
        """Check the fields that say how a request is to be understood; a right Host that is alone is remembered."""
        _check_fields(request, fields)
        if len(fields) == 1 and fields[0][0] == b"host":
            self._last_host = fields


def _known_line(minor: bytes) -> bytes:
    """Return a request line that llhttp knows: the one that came has been read, and fields mean the same after any."""
    return b"GET / HTTP/1.0\r\n" if minor == b"0" else b"GET / HTTP/1.1\r\n"


def refuse_beginning(beginning: bytes | bytearray, limits: Limits, checked_bytes: int = 0) -> Refusal | None:
    """Return what is wrong with the beginning of a head at the first byte where it shows; None when nothing does.

    An unfinished head and a finished one are asked the same, so that both get the same answer.

    Args:
        beginning: what came of the head.
        limits: what a client may ask for.
        checked_bytes: how much of it was found right before.
    """
    faults: list[tuple[int, Refusal]] = []
    if beginning and beginning[0] not in _FIRST_BYTES:
        faults.append((0, Refusal(400, "a request begins with its method")))
    line_end = beginning.find(b"\r\n") + 1
    if long_method := None if checked_bytes > METHOD_BYTES else _LONG_METHOD.match(beginning):
        faults.append((long_method.end() - 1, Refusal(501, f"the method is longer than {METHOD_BYTES} bytes")))
    if line_end > checked_bytes - 1 and line_end > 0 and not _REQUEST_LINE.match(beginning):
        faults.append((line_end, _refuse_line(beginning)))
    if stray := _STRAY_LINE_END.search(beginning, max(checked_bytes - 1, 0)):
        faults.append((stray.end() - 1, Refusal(400, "a line ends with a carriage return and a line feed")))
    target = None if checked_bytes > METHOD_BYTES + limits.target_bytes else _BEGINNING.match(beginning)
    if target is not None and len(target[1]) > limits.target_bytes:
        too_long = Refusal(
            414,
            f"the target is longer than {limits.target_bytes} bytes",
            setting="--max-url, or Limits(target_bytes=...)",
        )
        faults.append((target.start(1) + limits.target_bytes, too_long))
    if len(beginning) > limits.head_bytes:
        too_large = Refusal(
            431, f"the head is larger than {limits.head_bytes} bytes", setting="--max-head, or Limits(head_bytes=...)"
        )
        faults.append((limits.head_bytes, too_large))
    return min(faults, key=lambda fault: fault[0])[1] if faults else None


def _refuse_line(head: bytes | bytearray) -> Refusal:
    version = _VERSION.match(head)
    if version and version[1] != b"1":
        return Refusal(505, f"HTTP/{version[1].decode()}.{version[2].decode()} is not spoken here, HTTP/1.1 is")
    return Refusal(400, "expected a request line: method, target and HTTP/1.1, with one space between them")


def _check_fields(request: Request, fields: list[tuple[bytes, bytes]]) -> None:
    _check_repeated(request, fields)
    options: set[bytes] = set()
    upgrade: bytes | None = None
    for name, value in fields:
        if name == b"content-length":
            request.content_length = _length(value)
        elif name == b"transfer-encoding":
            _check_coding(request, value)
        elif name == b"expect":
            request.expects_continue = value.lower() == b"100-continue" and not request.is_http_1_0
        elif name == b"upgrade":
            upgrade = value
        elif name != b"host":
            options.update(option.strip(b" \t") for option in value.lower().split(b","))
    if options:  # RFC 9112, 9.3: close goes before keep-alive, which only HTTP/1.0 needs
        request.keep_alive = b"close" not in options and (request.keep_alive or b"keep-alive" in options)
    if b"upgrade" in options and not request.is_http_1_0:  # RFC 9110, 7.8
        request.upgrade = upgrade


def _check_repeated(request: Request, fields: list[tuple[bytes, bytes]]) -> None:
    """Check what may be there once (RFC 9112, 3.2, 6.1 and 6.3); llhttp overlooks some."""
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) != 1 and (hosts or not request.is_http_1_0):
        raise Refusal(400, f"expected one Host header, got {len(hosts)}")
    if hosts and hosts[0] and not _is_authority(hosts[0]):
        raise Refusal(400, "the Host header is not a host and a port")
    if sum(name in _FRAMINGS for name, _ in fields) > 1:
        raise Refusal(400, "expected one header that says where the body ends, got more")


def _length(value: bytes) -> int:
    """The digits are llhttp's to check."""
    if len(value) > _LENGTH_DIGITS:
        raise Refusal(400, "Content-Length has too many digits")
    return int(value)


def _check_coding(request: Request, value: bytes) -> None:
    """RFC 9112, 6.1: of the codings only chunked is known; HTTP/1.0 has none, so the framing would be faulty."""
    if request.is_http_1_0:
        raise Refusal(400, "HTTP/1.0 has no Transfer-Encoding")
    if value.lower() != b"chunked":
        raise Refusal(501, "of the transfer codings only chunked is known here")
    request.is_chunked = True


@lru_cache(maxsize=1024)
def _is_authority(value: bytes) -> bool:
    """Tell whether text is a host and perhaps a port."""
    parts = _AUTHORITY.fullmatch(value)
    if parts is None or int(parts[2] or 0) > LAST_PORT:
        return False
    try:
        return parts[1] is None or bool(IPv6Address(parts[1].decode("ascii")))
    except AddressValueError:
        return False


def _check_target(request: Request) -> None:
    """RFC 9112, 3.2: a target is a path, a whole URI (then its authority replaces the Host header), or `*`."""
    target = request.target
    if request.method == "CONNECT":
        raise Refusal(501, "this server is no proxy")
    if target == b"*" and request.method == "OPTIONS":
        return
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _is_authority(absolute[1]):
        raise Refusal(400, "the target is neither a path nor an http URI")
    authority, rest = absolute.groups()
    if rest is None:
        request.target = b"*" if request.method == "OPTIONS" else b"/"  # RFC 9112, 3.2.4
    else:
        request.target = b"/" + rest if rest[:1] == b"?" else rest
    request.raw_headers[:] = [(name, authority if name == b"host" else value) for name, value in request.raw_headers]
