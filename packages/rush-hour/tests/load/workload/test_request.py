import pytest

from rush_hour.errors import UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.workload.request import OneRequest, Request, build_request


def test_a_request_has_the_urls_path_query_and_host_and_nothing_else() -> None:
    request = build_request(parse_url("http://localhost:8008/agents?page=2#part"))

    assert request.data == b"GET /agents?page=2 HTTP/1.1\r\nHost: localhost:8008\r\n\r\n"


def test_headers_are_added_and_host_may_be_replaced() -> None:
    request = build_request(parse_url("http://[::1]"), ("Accept:  text/html ", "HOST: example"), method="HEAD")

    assert request.data == b"HEAD / HTTP/1.1\r\nAccept: text/html\r\nHOST: example\r\n\r\n"


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("no colon", "it has no colon"),
        (": value", "its name is not a word"),
        ("Two words: x", "its name is not a word"),
        ("A: b\r\nC: d", "'\\r' is character 2 of the value of A"),
        ("A: \u2019", "'\u2019' is character 1 of the value of A"),
    ],
)
def test_other_headers_are_refused(header: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_request(parse_url("http://x/"), (header,))

    assert str(caught.value) == f"--header: expected 'Name: value' in visible ASCII, got {header!r}: {what}."


def test_a_path_stays_as_it_is() -> None:
    assert build_request(parse_url("http://x//host/y?a=//b")).data.startswith(b"GET //host/y?a=//b HTTP/1.1\r\n")


def test_a_path_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        build_request(parse_url("http://x/")._replace(path="/a b"))

    assert str(caught.value) == (
        "URL: expected a path of visible ASCII characters alone; ' ' is character 3 of it; percent-encode it: %20."
    )


def test_a_zone_is_left_out_of_host() -> None:
    assert b"\r\nHost: [fe80::1]:80\r\n" in build_request(parse_url("http://[fe80::1%25eth0]:80/")).data


def test_a_body_brings_its_length_unless_that_is_given() -> None:
    url = parse_url("http://x/")

    assert build_request(url, method="POST", body=b"abc").data == (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    )
    chunked = build_request(url, ("Transfer-Encoding: chunked",), method="POST", body=b"0\r\n\r\n")
    assert b"Content-Length" not in chunked.data


@pytest.mark.parametrize("method", ["", "GE T", "G\u00cbT", "GET\r\n"])
def test_a_method_is_a_word(method: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_request(parse_url("http://x/"), method=method)

    assert str(caught.value) == f"--method: expected a word such as GET or POST, got {method!r}."


def test_one_request_is_the_same_for_every_number() -> None:
    one = OneRequest(Request(method="GET", data=b"a"))

    assert one.get(0, 0) is one.get(7, 0) is one.request
