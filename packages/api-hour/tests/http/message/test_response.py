"""Responses, and what becomes one."""

import pytest

from api_hour.http import HttpError, Response
from api_hour.http.message.response import to_response


def test_json_is_compact() -> None:
    response = Response.json({"a": [1, None], "é": "x"}, status=201, headers=[("X-A", "b")])

    assert response.body == '{"a":[1,null],"é":"x"}'.encode()
    assert (response.status, response.content_type) == (201, "application/json")
    assert response.headers == [("X-A", "b")]


def test_a_response_is_answered_as_it_is() -> None:
    class OwnResponse(Response):
        pass

    for response in (Response(b"x"), OwnResponse(b"x")):
        assert to_response(response) is response


@pytest.mark.parametrize(
    ("answer", "body"), [({"a": 1}, b'{"a":1}'), ([], b"[]"), (None, b"null"), ("x", b'"x"'), (b"x", b'"eA=="')]
)
def test_anything_else_is_answered_as_json(answer: object, body: bytes) -> None:
    response = to_response(answer)

    assert (response.status, response.content_type, response.body) == (200, "application/json", body)


def test_an_error_has_a_status_a_message_and_headers() -> None:
    error = HttpError(429, "later", headers=[("Retry-After", "1")])

    assert (error.status, str(error), error.headers) == (429, "later", [("Retry-After", "1")])
    assert str(HttpError(404)) == "Not Found"


@pytest.mark.parametrize(
    ("location", "sent"),
    [
        ("/agents/7?a=b&c=%20#x", "/agents/7?a=b&c=%20#x"),
        ("https://[::1]:8000/~a/(b)", "https://[::1]:8000/~a/(b)"),
        ("/é x", "/%C3%A9%20x"),
        ("/a\r\nSet-Cookie: a=b", "/a%0D%0ASet-Cookie:%20a=b"),
    ],
)
def test_rfc_9110_15_4_a_redirection_says_where_to_go(location: str, sent: str) -> None:
    response = Response.redirect(location, status=308, headers=[("X-A", "b")])

    assert (response.status, response.body, response.content_type) == (308, b"", None)
    assert response.headers == [("Location", sent), ("X-A", "b")]
    assert Response.redirect(location).status == 303


def test_a_redirection_has_a_status_of_its_own() -> None:
    with pytest.raises(ValueError) as caught:
        Response.redirect("/", status=304)

    assert str(caught.value) == "redirect: expected the status 301, 302, 303, 307 or 308, got 304"
