"""What RFC 9112, sections 2 to 9, and RFC 9110's methods and Expect ask of a server: each with its test.

A row has the section, the requirement in short, what a client sends, and what it must get: the statuses in their
order, with `close` after the one that ends the connection. Requirements that a row cannot show have a function below,
named by their section. Those on caches, gateways, tunnels and clients bind others.
"""

# ruff: noqa: E501  # a table: one requirement on one line

import re
from typing import Any, NamedTuple

import pytest
from event_loops import let_run, on_each_loop
from http_connection import connected
from rfc_server import GET, LIMITS, POST, H, head_of, server

from api_hour.http import HttpServer, Request, Response, Router
from api_hour.http.asgi import AsgiServer

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


class Row(NamedTuple):
    """One requirement."""

    section: str
    requirement: str
    sent: bytes
    answers: str


ROWS = [
    # 2. Message
    Row("2.1", "start-line CRLF *(field-line CRLF) CRLF [body]", GET + GET, "200 200"),
    Row("2.2", "a message is parsed as octets, not as text: obs-text is allowed in a value", GET[:-2] + b"X: \xe9\xff\r\n\r\n", "200"),
    Row("2.2", "a server should ignore at least one empty line before a request line", b"\r\n" + GET, "200"),
    Row("2.2", "... and does so between requests, too", GET + b"\r\n" + GET, "200 200"),
    Row("2.2", "... up to a limit", b"\r\n" * 5 + GET, "400 close"),
    Row("2.2", "a recipient may take a bare LF for a line end; this one does not", b"GET / HTTP/1.1\nHost: a\n\n", "400 close"),
    Row("2.2", "a bare LF after one field", b"GET / HTTP/1.1\r\nHost: a\n\r\n", "400 close"),
    Row("2.2", "a bare CR is invalid, or to be replaced by SP", GET[:-2] + b"X: a\rb\r\n\r\n", "400 close"),
    Row("2.2", "a bare CR in a request line", b"GET /\r HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("2.2", "whitespace between start-line and first field is rejected", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 close"),
    Row("2.2", "what matches no HTTP message gets 400 and the end", b"\x16\x03\x01\x02\x00", "400 close"),
    Row("2.2", "what matches no HTTP message in its first line", b"hello\r\n", "400 close"),
    Row("2.3", "HTTP/1.1", GET, "200"),
    Row("2.3", "HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", "200 close"),
    Row("2.3", "a higher minor version is taken as the highest that is known", b"GET / HTTP/1.2\r\n" + H + b"\r\n" + GET, "200 200"),
    Row("2.3", "... and needs what that needs", b"GET / HTTP/1.9\r\n\r\n", "400 close"),
    Row("2.3", "the name of the protocol is case-sensitive", b"GET / http/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("2.3", "HTTP-version is one digit, a dot, one digit", b"GET / HTTP/1.10\r\n" + H + b"\r\n", "400 close"),
    Row("2.3", "a major version that is not spoken: 505 (RFC 9110, 15.6.6)", b"GET / HTTP/2.0\r\n" + H + b"\r\n", "505 close"),
    Row("2.3", "another protocol of the parser's", b"GET / RTSP/1.0\r\n" + H + b"\r\n", "400 close"),
    # 3. Request line
    Row("3", "method SP request-target SP HTTP-version", b"GET / HTTP/1.1 extra\r\n" + H + b"\r\n", "400 close"),
    Row("3", "a recipient may be lenient with whitespace; this one is not", b"GET  / HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3", "... nor with tabs", b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3", "... nor at the line's end", b"GET / HTTP/1.1 \r\n" + H + b"\r\n", "400 close"),
    Row("3", "an invalid request line should get 400", b"GET / /HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3", "a method longer than any that is known should get 501", b"A" * 50 + b" / HTTP/1.1\r\n" + H + b"\r\n", "501 close"),
    Row("3", "a target longer than the server wants to parse must get 414", b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n" + H + b"\r\n", "414 close"),
    Row("3", "... and with whatever follows it", b"A" * 65 + b"/", "501 close"),
    Row("3.1", "the method is case-sensitive", b"get / HTTP/1.1\r\n" + H + b"\r\n", "501 close"),
    Row("3.2", "no whitespace in the target", b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2", "no fragment in the target", b"GET /a#b HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2", "no control characters or obs-text in the target", b"GET /\xc3\xa9 HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2", "without a Host header: 400", b"GET / HTTP/1.1\r\n\r\n", "400 close"),
    Row("3.2", "with more than one: 400", b"GET / HTTP/1.1\r\n" + H + H + b"\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (a list)", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (userinfo)", b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (a path)", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (a port that is none)", b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (a port above 65535)", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", "400 close"),
    Row("3.2", "with an invalid one: 400 (a port without a host)", b"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "400 close"),
    *(
        Row("3.2", f"with an invalid one: 400 ({host.decode()})", b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", "400 close")
        for host in (b"[:1]", b"[1.2.3.4]", b"[1::2::3]", b"[]", b"[::1", b"[::1]x", b"[::12345]", b"[::1.2.3.256]", b"[::%1]", b"[v1]", b"[v.x]", b"[vg.x]", b"[v1.]", b"[v1.a b]", b"[v1.a]]")
    ),
    *(
        Row("3.2", f"a Host may be an IPv6 address, or one of the future ({host.decode()})", b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", "200")
        for host in (b"[::]", b"[::ffff:1.2.3.4]", b"[2001:DB8::a]:65535", b"[1:2:3:4:5:6:7:8]:", b"[v1.x:y]", b"[VF.a!$&'()*+,;=:~-_]:0")
    ),
    Row("3.2", "a Host may be empty", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", "200"),
    Row("3.2", "a Host may be an address with a port", b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "200"),
    Row("3.2.1", "origin-form", b"GET /?a=b HTTP/1.1\r\n" + H + b"\r\n", "200"),
    Row("3.2.2", "a server must accept the absolute-form", b"GET http://b:80/?a HTTP/1.1\r\n" + H + b"\r\n", "200"),
    *(
        Row("3.2.2", f"an http URI has a host and perhaps a port (RFC 9110, 4.2.1): {uri.decode()}", b"GET " + uri + b" HTTP/1.1\r\n" + H + b"\r\n", "400 close")
        for uri in (b"http://:80/", b"http:///", b"http://", b"https://:1?a", b"http://a:65536/", b"http://a:b/", b"http://[:1]/", b"http://[1.2.3.4]/")
    ),
    Row("3.2.2", "an absolute-form of another scheme is none of ours", b"GET ftp://b/ HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2.2", "... or with userinfo (RFC 9110, 4.2.4)", b"GET http://me@b/ HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2.3", "authority-form is for CONNECT, which a server may not know", b"CONNECT a:80 HTTP/1.1\r\n" + H + b"\r\n", "501 close"),
    Row("3.2.3", "authority-form is only for CONNECT", b"GET a:80 HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    Row("3.2.4", "asterisk-form is for OPTIONS", b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n" + GET, "204 200"),
    Row("3.2.4", "asterisk-form is only for OPTIONS", b"GET * HTTP/1.1\r\n" + H + b"\r\n", "400 close"),
    # 5. Fields
    Row("5", 'field-name ":" OWS field-value OWS', GET[:-2] + b"X:y\r\nY:\t z \t\r\nZ:\r\n\r\n", "200"),
    Row("5", "a name is a token", GET[:-2] + b"X(Y): z\r\n\r\n", "400 close"),
    Row("5", "a name is not empty", GET[:-2] + b": z\r\n\r\n", "400 close"),
    Row("5", "a line without a colon", GET[:-2] + b"X\r\n\r\n", "400 close"),
    Row("5.1", "whitespace between name and colon must get 400", GET[:-2] + b"X : z\r\n\r\n", "400 close"),
    Row("5.1", "underscores are allowed in names", GET[:-2] + b"X_Y: z\r\n\r\n", "200"),
    Row("5.2", "obs-fold must be rejected or replaced", GET[:-2] + b"X: y\r\n z\r\n\r\n", "400 close"),
    Row("5", "control characters in a value (RFC 9110, 5.5): NUL", GET[:-2] + b"X: a\x00b\r\n\r\n", "400 close"),
    Row("5", "control characters in a value: others", GET[:-2] + b"X: a\x0bb\r\n\r\n", "400 close"),
    Row("5", "control characters in a value: DEL", GET[:-2] + b"X: a\x7fb\r\n\r\n", "400 close"),
    Row("5", "fields larger than the server wants to process must get a 4xx (RFC 9110, 5.4)", GET[:-2] + b"X: " + b"y" * 1000 + b"\r\n\r\n", "431 close"),
    Row("5", "... and so must too many of them", GET[:-2] + b"X: y\r\n" * 10 + b"\r\n", "431 close"),
    # 6. Message body
    Row("6", "a body is where Content-Length or Transfer-Encoding say, whatever the method", GET[:-2] + b"Content-Length: 5\r\n\r\nhello" + GET, "200 200"),
    Row("6.1", "chunked must be understood", CHUNKED + b"5\r\nhello\r\n0\r\n\r\n" + GET, "200 200"),
    Row("6.1", "coding names are case-insensitive (section 7)", CHUNKED.replace(b"chunked", b"CHUNKED") + b"0\r\n\r\n" + GET, "200 200"),
    *(
        Row("6.1", f"OWS of any kind around it ({around!r})", CHUNKED.replace(b" chunked", around % b"chunked") + b"0\r\n\r\n" + GET, "200 200")
        for around in (b"%b", b"\t%b", b" %b\t", b"\t%b\t", b" \t %b \t ", b"%b ", b"\t\t%b\t \t")
    ),
    *(
        Row("6.1", f"... and nothing else ({around!r})", CHUNKED.replace(b" chunked", around % b"chunked") + b"0\r\n\r\n", "400 close")
        for around in (b"\x0b%b", b" %b\x0b", b"%b\x0c", b"\xa0%b", b"%b\x85", b"%b\x00\t", b"%b\t\x01", b"\t%b\t\x7f")
    ),
    Row("6.1", "OWS does not hide a second coding", CHUNKED.replace(b" chunked", b" chunked\t") [:-2] + b"Transfer-Encoding:chunked\t\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.1", "... nor a length", CHUNKED.replace(b" chunked", b" chunked\t")[:-2] + b"Content-Length: 1\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.1", "... nor what is wrong elsewhere", CHUNKED.replace(b" chunked", b" chunked\t")[:-2] + b"X : y\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.1", "... nor another coding", CHUNKED.replace(b" chunked", b" gzip\t"), "400 close"),
    Row("6.1", "an unknown coding should get 501", CHUNKED.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n", "501 close"),
    Row("6.1", "chunked must not be applied more than once", CHUNKED.replace(b"chunked", b"chunked, chunked") + b"0\r\n\r\n", "400 close"),
    Row("6.1", "Transfer-Encoding twice", CHUNKED[:-2] + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.1", "Transfer-Encoding in HTTP/1.0 is faulty framing", CHUNKED.replace(b"/1.1", b"/1.0") + b"0\r\n\r\n", "400 close"),
    Row("6.2", "Content-Length is digits: a sign", POST + b"Content-Length: +5\r\n\r\nhello", "400 close"),
    Row("6.2", "Content-Length is digits: hexadecimal", POST + b"Content-Length: 0x5\r\n\r\nhello", "400 close"),
    Row("6.2", "Content-Length is digits: nothing", POST + b"Content-Length:\r\n\r\n", "400 close"),
    Row("6.2", "Content-Length is digits: too many", POST + b"Content-Length: 00000000000000005\r\n\r\nhello", "400 close"),
    Row("6.2", "a length that is too large (RFC 9110, 8.6: no overflow)", POST + b"Content-Length: 18446744073709551617\r\n\r\n", "400 close"),
    Row("6.3", "3: Transfer-Encoding and Content-Length: may be rejected, here it is", CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.3", "3: ... in the other order", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 close"),
    Row("6.3", "4: Transfer-Encoding without chunked at its end must get 400", CHUNKED.replace(b"chunked", b"gzip") + b"hello", "400 close"),
    Row("6.3", "4: ... in its middle", CHUNKED.replace(b"chunked", b"chunked, gzip") + b"hello", "400 close"),
    Row("6.3", "5: invalid Content-Length must get 400 and the end: two that differ", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400 close"),
    Row("6.3", "5: two that agree may be accepted; they are not", POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400 close"),
    Row("6.3", "5: a list", POST + b"Content-Length: 5, 5\r\n\r\nhello", "400 close"),
    Row("6.3", "6: a valid Content-Length", POST + b"Content-Length: 5\r\n\r\nhello" + GET, "200 200"),
    Row("6.3", "7: a request without either has no body", POST + b"\r\n" + GET, "200 200"),
    # 7. Transfer codings
    Row("7.1", "chunk-size is hexadecimal, any case, leading zeros", CHUNKED + b"0A\r\n0123456789\r\n0a\r\n0123456789\r\n00\r\n\r\n" + GET, "200 200"),
    Row("7.1", "a recipient must anticipate large sizes", CHUNKED + b"fffffffffffffffff\r\n", "400 close"),
    Row("7.1", "... and a body larger than it wants gets 413", CHUNKED + b"ffff\r\n", "413 close"),
    Row("7.1", "chunk-size: a sign", CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1", "chunk-size: a prefix", CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1", "chunk-size: nothing", CHUNKED + b"\r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1", "a chunk's data ends with CRLF", CHUNKED + b"5\r\nhello0\r\n\r\n", "400 close"),
    Row("7.1", "a chunk's size ends with CRLF", CHUNKED + b"5\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1.1", "unknown extensions must be ignored", CHUNKED + b'5;a;b=c;d="e;\\"f"\r\nhello\r\n0;x\r\n\r\n' + GET, "200 200"),
    Row("7.1.1", "whitespace around their signs is bad, and must be parsed", CHUNKED + b'5 ;a\t; b = c ;\td\t=\t"e"\r\nhello\r\n0 ; x\r\n\r\n' + GET, "200 200"),
    Row("7.1.1", "... but not without a sign", CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1.1", "malformed extensions", CHUNKED + b"5;a=\x01\r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1.1", "their length should be limited", CHUNKED + b"5;" + b"a" * 2000 + b"\r\nhello\r\n0\r\n\r\n", "400 close"),
    Row("7.1.2", "trailers may be discarded, and are", CHUNKED + b"0\r\nX: y\r\nContent-Length: 5\r\nHost: b\r\n\r\n" + GET, "200 200"),
    Row("7.1.2", "trailers are fields", CHUNKED + b"0\r\nX : y\r\n\r\n", "400 close"),
    Row("7.1.2", "... which shows before their end", CHUNKED + b"0\r\nX ", "400 close"),
    # 9. Connections
    Row("9.3", "persistent by default", GET * 3, "200 200 200"),
    Row("9.3", "close: not after this", GET[:-2] + b"Connection: close\r\n\r\n" + GET, "200 close"),
    Row("9.3", "close: among other options, in any case (RFC 9110, 7.6.1)", GET[:-2] + b"Connection: x, Close\r\n\r\n" + GET, "200 close"),
    Row("9.3", "close: goes before keep-alive", GET[:-2] + b"Connection: keep-alive\r\nConnection: close\r\n\r\n" + GET, "200 close"),
    Row("9.3", "HTTP/1.0 with keep-alive may persist", b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET, "200 200"),
    Row("9.3", "a server must read the whole body or close: here it reads", POST.replace(b"POST /", b"POST /unread") + b"Content-Length: 5\r\n\r\nhello" + GET, "200 200"),
    Row("9.3.2", "pipelined responses are in the order of their requests", GET + POST + b"Content-Length: 1\r\n\r\nx" + GET, "200 200 200"),
    Row("9.6", "after close no further request is processed", GET[:-2] + b"Connection: close\r\n\r\nnonsense", "200 close"),
    # RFC 9110
    Row("9110 7.8", "Upgrade may be ignored", GET[:-2] + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n" + GET, "200 200"),
    Row("9110 7.8", "... with a body, too", POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello" + GET, "200 200"),
    Row("9110 7.8", "... and in HTTP/1.0 must be ignored", b"GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", "200 close"),
    Row("9110 9.1", "GET and HEAD must be supported", GET, "200"),
    Row("9110 9.1", "an unknown method should get 501", b"BREW / HTTP/1.1\r\n" + H + b"\r\n", "501 close"),
    Row("9110 9.1", "a known one that a resource does not allow should get 405", b"DELETE / HTTP/1.1\r\n" + H + b"\r\n" + GET, "405 200"),
    Row("9110 9.3.1", "a body of GET has no meaning and must not break the framing", GET[:-2] + b"Content-Length: 3\r\n\r\nGET" + GET, "200 200"),
    Row("9110 9.3.7", "OPTIONS on a resource", b"OPTIONS / HTTP/1.1\r\n" + H + b"\r\n" + GET, "204 200"),
    Row("9110 10.1.1", "Expect: 100-continue of HTTP/1.0 must be ignored", b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "200 close"),
    Row("9110 10.1.1", "100 may be omitted when content has come", POST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx" + GET, "200 200"),
    Row("9110 10.1.1", "100 must not be sent when there is no content", GET[:-2] + b"Expect: 100-continue\r\n\r\n" + GET, "200 200"),
    Row("9110 10.1.1", "another expectation may get 417, or be ignored", POST + b"Expect: magic\r\nContent-Length: 1\r\n\r\nx", "200"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.section}: {row.requirement}" for row in ROWS])
@on_each_loop
async def test_rfc(row: Row) -> None:
    statuses, _, end = row.answers.partition(" close")
    async with connected(server()) as connection:
        connection.send(row.sent)

        answers = [await connection.answer() for _ in statuses.split()]

        assert [answer.status for answer in answers] == [int(status) for status in statuses.split()]
        if row.answers.endswith("close"):
            assert answers[-1].headers["connection"] == "close"
            assert await connection.rest() == b""
        else:
            assert (await connection.ask(GET)).status == 200
    assert end == ""


@on_each_loop
async def test_3_2_2_the_authority_of_an_absolute_form_replaces_the_host() -> None:
    async with connected(server()) as connection:
        headers = await head_of(connection, b"GET http://b:80/?a HTTP/1.1\r\nHost: evil\r\n\r\n")

    assert headers["x-host"] == "b:80"


@on_each_loop
async def test_4_a_status_line_has_its_version_status_and_reason() -> None:
    async with connected(server()) as connection:
        connection.send(GET)
        assert re.match(rb"HTTP/1\.1 200 OK\r\n", await connection.reader.readuntil(b"\r\n"))


@pytest.mark.parametrize("server_kind", ["router", "ASGI"])
@pytest.mark.parametrize(("method", "status"), [("GET", 204), ("GET", 304), ("HEAD", 200)])
@on_each_loop
async def test_6_1_and_6_3_an_answer_that_has_no_body_has_none_and_the_connection_goes_on(
    server_kind: str, method: str, status: int
) -> None:
    async def handler(_request: Request) -> Response:
        return Response(b"body", status=status)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"bo", "more_body": True})
        await send({"type": "http.response.body", "body": b"dy"})

    routes = Router()
    routes.add("GET", "/", handler)
    async with connected(HttpServer(routes) if server_kind == "router" else AsgiServer(app)) as connection:
        connection.send(GET.replace(b"GET", method.encode()) * 2)
        for _ in range(2):
            answer = await connection.answer(to=method)
            assert answer.status == status
            if status != 200:
                assert "transfer-encoding" not in answer.headers
                assert status == 304 or "content-length" not in answer.headers


@on_each_loop
async def test_6_1_transfer_encoding_is_not_sent_to_http_1_0() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"y"})

    async with connected(AsgiServer(app)) as connection:
        connection.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head, _, body = (await connection.rest()).partition(b"\r\n\r\n")

    assert b"ransfer-" not in head
    assert body == b"xy"


@on_each_loop
async def test_8_an_incomplete_request_is_not_processed() -> None:
    for sent in (GET[:-2], POST + b"Content-Length: 5\r\n\r\nhel", CHUNKED + b"5\r\nhello\r\n"):
        async with connected(server()) as connection:
            connection.send(sent)
            connection.writer.write_eof()

            assert (await connection.answer()).status == 400
            assert await connection.rest() == b""


@on_each_loop
async def test_9_3_the_server_says_close_when_it_will_close() -> None:
    async with connected(server()) as connection:
        connection.protocol.begin_drain()

        assert (await head_of(connection, GET))["connection"] == "close"


@on_each_loop
async def test_9_3_http_1_0_is_told_that_the_connection_persists() -> None:
    async with connected(server()) as connection:
        headers = await head_of(connection, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")

        assert headers["connection"] == "keep-alive"


@on_each_loop
async def test_9_5_a_server_should_have_a_timeout_for_inactive_connections() -> None:
    application = server()
    async with connected(application) as connection:
        await connection.ask(GET)
        await let_run()
        connection.protocol.check_deadline(application.now_s + LIMITS.keep_alive_timeout_s)

        assert await connection.is_cut()


@on_each_loop
async def test_9_6_the_last_answer_is_not_destroyed_by_what_the_client_still_sends() -> None:
    async with connected(server()) as connection:
        connection.send(b"nonsense\r\n" + b"x" * 1_000_000)
        answer = await connection.answer()

        assert answer.status == 400
        assert await connection.rest() == b""
        assert not connection.transport.is_closing()  # what the client sends is read for a while
