import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.uniform import uniform
from rush_hour.errors import UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.request import OneRequest, Request, RequestMix, build_request


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


def request(name: str) -> Request:
    return Request(method="GET", data=name.encode())


def test_one_request_is_the_same_for_every_number() -> None:
    one = OneRequest(request("a"))

    assert one.get(0) is one.get(7) is one.request


def test_a_mix_follows_its_weights() -> None:
    mix = RequestMix((request("often"), request("seldom")), (3.0, 1.0))

    often = sum(mix.get(number).data == b"often" for number in range(10_000))

    assert 7_300 < often < 7_700


@given(st.integers(min_value=0, max_value=2**40), st.integers(min_value=0, max_value=1000))
def test_a_mix_gives_the_same_request_for_the_same_number(number: int, seed: int) -> None:
    requests = tuple(request(str(i)) for i in range(5))

    first = RequestMix(requests, (1, 2, 3, 4, 5), seed).get(number)

    assert first in requests
    assert RequestMix(requests, (1, 2, 3, 4, 5), seed).get(number) == first


def test_what_is_asked_has_nothing_to_do_with_when() -> None:
    """Gaps are drawn from the same seed: a mix drawn from the same numbers would follow them."""
    mix = RequestMix((request("a"), request("b")), (1, 1), seed=1)

    after_short_gaps = [mix.get(number).data for number in range(4000) if uniform(1, number) > 0.5]

    assert 0.45 < after_short_gaps.count(b"a") / len(after_short_gaps) < 0.55
