"""Lines of the access log in JSON."""

import json

from hypothesis import given
from hypothesis import strategies as st
from noted import Exchange, entry, request

from api_hour.access_log import line_maker
from api_hour.access_log.entry import PID

MAKE = line_maker("json")


def test_a_line_has_all_that_is_known() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Request-ID: 8\r\n\r\n"
    asked = request(host=b"a:80", referer=b"http://b/", user_agent="\N{SNOWMAN}".encode())

    assert json.loads(MAKE(entry(asked, Exchange(scheme="https", head=head)))) == {
        "time": "2026-11-24T16:20:52.500Z",
        "client": "192.0.2.1",
        "scheme": "https",
        "method": "GET",
        "host": "a:80",
        "path": "/agents",
        "query": "page=2",
        "protocol": "HTTP/1.1",
        "status": 200,
        "response_bytes": 17,
        "duration_us": 1234567,
        "referer": "http://b/",
        "user_agent": "\N{SNOWMAN}",
        "request_id": "8",
        "worker": 3,
        "pid": PID,
        "aborted": False,
        "error": None,
    }


def test_what_is_not_known_is_null() -> None:
    refused = entry(None, Exchange(client=None, scheme=None), status=400, refusal="Bad Request: no")

    line = json.loads(MAKE(refused))
    assert {name for name, value in line.items() if value is None} == {
        "client", "scheme", "method", "host", "path", "query", "referer", "user_agent", "request_id"
    }  # fmt: skip
    assert (line["status"], line["error"]) == (400, "Bad Request: no")


def test_a_request_that_was_given_an_id_has_it_and_its_trace() -> None:
    asked = request(x_request_id=b"sent", traceparent=b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    asked.request_id = "given"

    line = json.loads(MAKE(entry(asked)))

    assert line["request_id"] == "given"
    assert line["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert (line["error"], line["worker"], line["host"]) == (None, 3, None)


UNSEEN = [
    *range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F),
    *range(0x2060, 0x2070), 0xFEFF, 0xE0001, 0xE0061,
]  # fmt: skip


def test_no_character_ends_a_line_hides_or_changes_the_order_of_what_is_shown() -> None:
    text = "a" + "b".join(map(chr, UNSEEN)) + "c\N{SNOWMAN}\N{GRINNING FACE}é"
    line = MAKE(entry(request(user_agent=text.encode(), referer=text.encode(), host=text.encode())))

    assert json.loads(line)["user_agent"] == json.loads(line)["referer"] == json.loads(line)["host"] == text
    assert not {chr(number) for number in UNSEEN} & set(line)
    assert line.isprintable()
    assert "c\N{SNOWMAN}\N{GRINNING FACE}é" in line


def test_an_empty_query_is_told_from_none() -> None:
    assert json.loads(MAKE(entry(request(b"/?"))))["query"] == ""
    assert json.loads(MAKE(entry(request(b"/"))))["query"] is None


def test_the_client_s_request_id_goes_before_the_answer_s() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Request-ID: 8\r\n\r\n"

    assert json.loads(MAKE(entry(request(x_request_id=b"7"), Exchange(head=head))))["request_id"] == "7"


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_any_bytes_are_one_line_of_json(target: bytes, header: bytes) -> None:
    line = MAKE(entry(request(target, user_agent=header)))

    assert "\n" not in line
    assert json.loads(line)["user_agent"] == header.decode("utf-8", "backslashreplace")
