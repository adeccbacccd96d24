"""From the bytes of a request's head to a `Request`, or to a refusal (RFC 9112, sections 2, 3, 5 and 6).

The request line is matched here, in its one strict form; the fields are llhttp's, in its strict mode, by httptools.
Rules that must hold: what a proxy before this server could understand in another way is refused, and which refusal a
client gets does not depend on how its bytes were split. Pure: no clock, no socket.
"""

import re
from functools import lru_cache
from typing import Any

import httptools

from api_hour.http.errors import Refusal
from api_hour.http.limits import Limits
from api_hour.http.request import Request

HEAD_END = b"\r\n\r\n"

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, 5.6.2
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb') ([!"$-~]+) HTTP/1\.([01])\r\n')  # RFC 9112, 3: one space, no fragment
_VERSION = re.compile(rb"[^\r\n]* HTTP/([0-9]\.[0-9])\r\n")
_BEGINNING = re.compile(rb"[^ \r\n]{0,64} ([^ \r\n]*)")
_STRAY_LINE_END = re.compile(rb"\r[^\n]|(?<!\r)\n")
_FIRST_BYTES = frozenset(b"!#$%&'*+.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")

_HOST = re.compile(  # RFC 9110, 7.2; RFC 3986, 3.2.2
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]{0,5})?"
)
_ABSOLUTE = re.compile(rb"https?://([^/?@]+)([/?].*)?", re.IGNORECASE)

_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_FRAMING_FIELDS = frozenset({b"connection", b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_LENGTH_DIGITS = 16
_METHOD_BYTES = 64


class HeadParser:
    """Parses the heads of one connection.

    Args:
        limits: what a client may ask for.
        container: what the requests carry.
    """

    __slots__ = (
        "_container", "_fields", "_headers", "_is_complete", "_last_host", "_limits", "_parser", "on_header",
    )  # fmt: skip

    def __init__(self, limits: Limits, container: Any) -> None:
        self._limits = limits
        self._container = container
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
        headers: list[tuple[bytes, bytes]] = []
        fields: list[tuple[bytes, bytes]] = []
        self._headers, self._fields = headers, fields
        parser = self._parser = self._parser or httptools.HttpRequestParser(self)
        self._is_complete = is_upgrade = False
        try:
            parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            is_upgrade = True
        except httptools.HttpParserError as error:
            raise refuse_beginning(head, limits) or _refuse_fields(error) from None
        request = Request(_METHODS.get(method) or method.decode("ascii"), target, headers, self._container)
        if minor == b"0":
            request.is_http_1_0, request.keep_alive = True, False
        if not self._is_complete:
            raise Refusal(400, "the head is malformed")
        if len(headers) > limits.header_count:
            raise Refusal(431, f"there are more than {limits.header_count} headers")
        if fields != self._last_host:
            self._check_once(request, fields, is_upgrade=is_upgrade)
        if target[0] != 0x2F or method == b"CONNECT":
            _check_target(request)
        if not request.keep_alive or request.content_length or request.is_chunked or is_upgrade:
            self._parser = None  # it waits for a body, or for nothing more; the next head needs another
        return request

    def _check_once(self, request: Request, fields: list[tuple[bytes, bytes]], *, is_upgrade: bool) -> None:
        """Check the fields that say how a request is to be understood; a right Host that is alone is remembered."""
        _check_fields(request, fields, is_upgrade=is_upgrade)
        if len(fields) == 1 and fields[0][0] == b"host":
            self._last_host = fields


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
    if line_end > checked_bytes - 1 and line_end > 0 and not _REQUEST_LINE.match(beginning):
        faults.append((line_end, _refuse_line(beginning)))
    if stray := _STRAY_LINE_END.search(beginning, max(checked_bytes - 1, 0)):
        faults.append((stray.end() - 1, Refusal(400, "a line ends with a carriage return and a line feed")))
    target = None if checked_bytes > _METHOD_BYTES + limits.target_bytes else _BEGINNING.match(beginning)
    if target is not None and len(target[1]) > limits.target_bytes:
        too_long = Refusal(414, f"the target is longer than {limits.target_bytes} bytes")
        faults.append((target.start(1) + limits.target_bytes, too_long))
    if len(beginning) > limits.head_bytes:
        faults.append((limits.head_bytes, Refusal(431, f"the head is larger than {limits.head_bytes} bytes")))
    return min(faults, key=lambda fault: fault[0])[1] if faults else None


def _refuse_line(head: bytes | bytearray) -> Refusal:
    version = _VERSION.match(head)
    if version and version[1] not in (b"1.0", b"1.1"):
        return Refusal(505, f"HTTP/{version[1].decode()} is not spoken here, HTTP/1.1 is")
    return Refusal(400, "expected a request line: method, target and HTTP/1.1, with one space between them")


def _refuse_fields(error: httptools.HttpParserError) -> Refusal:
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return Refusal(501, "this method is not known here")
    return Refusal(400, str(error))


def _check_fields(request: Request, fields: list[tuple[bytes, bytes]], *, is_upgrade: bool) -> None:
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) != 1 and (hosts or not request.is_http_1_0):  # RFC 9112, 3.2
        raise Refusal(400, f"expected one Host header, got {len(hosts)}")
    if hosts and not _is_host(hosts[0]):
        raise Refusal(400, "the Host header is not a host and a port")
    options: set[bytes] = set()
    for name, value in fields:
        if name == b"content-length":
            request.content_length = _length(value)
        elif name == b"transfer-encoding":
            _check_coding(request, value)
        elif name == b"expect":
            request.expects_continue = value.lower() == b"100-continue" and not request.is_http_1_0
        elif name == b"upgrade":
            request.upgrade = value if is_upgrade and not request.is_http_1_0 else None  # RFC 9110, 7.8
        elif name != b"host":
            options.update(option.strip(b" \t") for option in value.lower().split(b","))
    if options:  # RFC 9112, 9.3: close goes before keep-alive, which only HTTP/1.0 needs
        request.keep_alive = b"close" not in options and (request.keep_alive or b"keep-alive" in options)


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
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


def _check_target(request: Request) -> None:
    """RFC 9112, 3.2: a target is a path, a whole URI (then its authority replaces the Host header), or `*`."""
    target = request.target
    if request.method == "CONNECT":
        raise Refusal(501, "this server is no proxy")
    if target == b"*" and request.method == "OPTIONS":
        return
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or not _is_host(absolute[1]):
        raise Refusal(400, "the target is neither a path nor an http URI")
    authority, rest = absolute.groups()
    request.target = b"/" if rest is None else b"/" + rest if rest[:1] == b"?" else rest
    request.raw_headers[:] = [(name, authority if name == b"host" else value) for name, value in request.raw_headers]
