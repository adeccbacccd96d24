"""The environ of a request."""

import io
import sys
from typing import Any

import pytest

from api_hour.http.message.request import Request
from api_hour.http.wsgi.environ import SOFTWARE, Environs, set_body
from api_hour.http.wsgi.file_wrapper import FileWrapper

CLIENT = ("192.0.2.1", 4711)
SERVER = ("192.0.2.2", 8080)


def environ_of(
    target: bytes = b"/",
    headers: tuple[tuple[bytes, bytes], ...] = ((b"host", b"example.org"),),
    *,
    client: Any = CLIENT,
    server: Any = SERVER,
    scheme: str = "http",
    script_name: str = "",
) -> dict[str, Any]:
    request = Request("GET", target, [*headers], None)
    environs = Environs(is_multithread=False, is_multiprocess=True, script_name=script_name)
    return environs.of(request, client, server, scheme)


def test_it_has_what_pep_3333_and_cgi_say() -> None:
    headers = ((b"host", b"example.org"), (b"content-type", b"text/plain"), (b"x-custom", b"1"))

    assert environ_of(b"/a%20b?c=d%20e", headers) == {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b",
        "QUERY_STRING": "c=d%20e",
        "RAW_URI": "/a%20b?c=d%20e",
        "REQUEST_URI": "/a%20b?c=d%20e",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "192.0.2.2",
        "SERVER_PORT": "8080",
        "SERVER_SOFTWARE": SOFTWARE,
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "4711",
        "CONTENT_TYPE": "text/plain",
        "HTTP_HOST": "example.org",
        "HTTP_X_CUSTOM": "1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
    }


def test_a_path_is_text_of_latin_1_whatever_its_bytes_mean() -> None:
    path = environ_of("/grüß".encode().replace(b"\xc3\xbc", b"%C3%BC").replace(b"\xc3\x9f", b"%c3%9f"))["PATH_INFO"]

    assert path.encode("latin-1").decode() == "/grüß"


def test_a_repeated_header_is_one_with_commas_and_cookies_have_semicolons() -> None:
    headers = ((b"accept", b"a"), (b"cookie", b"b=1"), (b"accept", b"c"), (b"cookie", b"d=2"))

    environ = environ_of(headers=headers)

    assert (environ["HTTP_ACCEPT"], environ["HTTP_COOKIE"]) == ("a,c", "b=1; d=2")


def test_a_header_that_could_be_taken_for_another_is_left_out() -> None:
    headers = ((b"x-forwarded-for", b"1"), (b"x_forwarded_for", b"2"), (b"proxy", b"http://evil"))

    environ = environ_of(headers=headers)

    assert environ["HTTP_X_FORWARDED_FOR"] == "1"
    assert "HTTP_PROXY" not in environ


@pytest.mark.parametrize(
    ("host", "scheme", "named"),
    [
        (b"example.org:81", "http", ("example.org", "81")),
        (b"example.org", "http", ("example.org", "80")),
        (b"example.org", "https", ("example.org", "443")),
        (b"[::1]:81", "http", ("[::1]", "81")),
        (b"[::1]", "http", ("[::1]", "80")),
        (b"", "http", ("localhost", "80")),
    ],
)
def test_a_unix_socket_is_named_as_the_client_calls_it(host: bytes, scheme: str, named: tuple[str, str]) -> None:
    environ = environ_of(headers=((b"host", host),), client=None, server=("/run/a.sock", None), scheme=scheme)

    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == named
    assert environ["REMOTE_ADDR"] == ""
    assert "REMOTE_PORT" not in environ


@pytest.mark.parametrize(
    ("target", "path_info"),
    [(b"/app/a", "/a"), (b"/app", ""), (b"/app/", "/"), (b"/apple", "/apple"), (b"/other", "/other")],
)
def test_an_application_below_a_path_is_told_what_follows_it(target: bytes, path_info: str) -> None:
    environ = environ_of(target, script_name="/app")

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app", path_info)


def test_a_body_that_has_come_in_chunks_has_a_length_and_no_chunks() -> None:
    environ = environ_of(headers=((b"transfer-encoding", b"chunked"),))
    body = io.BytesIO(b"abc")

    set_body(environ, body, 3)

    assert environ["wsgi.input"] is body
    assert environ["CONTENT_LENGTH"] == "3"
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_a_body_that_still_comes_in_chunks_has_no_length() -> None:
    environ = environ_of(headers=((b"transfer-encoding", b"chunked"),))

    set_body(environ, io.BytesIO(), None)

    assert "CONTENT_LENGTH" not in environ
    assert environ["HTTP_TRANSFER_ENCODING"] == "chunked"
