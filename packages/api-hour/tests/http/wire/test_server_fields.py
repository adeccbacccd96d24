"""The server's own fields, as an application says them: heard, or dropped with a word."""

import logging

import pytest

from api_hour.http.wire.server_fields import ServerFields, _say_dropped


def fields_of(status: int, *said: tuple[bytes, bytes]) -> ServerFields:
    fields = ServerFields(status)
    for name, value in said:
        fields.note(name, value)
    return fields


@pytest.mark.parametrize(
    ("status", "values", "length_bytes"),
    [
        (200, [b"7"], 7),
        (200, [b"0"], 0),
        (200, [b"7", b"7"], 7),
        (200, [b"7", b"8"], None),
        (200, [b"7", b"8", b"8"], None),
        (200, [b"-1"], None),
        (200, [b""], None),
        (200, [b"7, 7"], None),
        (200, [b"x", b"7"], None),
        (200, ["\u0667".encode()], None),
        (200, [b"9" * 30], None),
        (103, [b"7"], None),
        (204, [b"0"], None),
        (205, [b"7"], None),
        (304, [b"0"], None),
        (304, [b"7"], 7),
    ],
)
def test_a_length_is_heard_where_it_can_be(status: int, values: list[bytes], length_bytes: int | None) -> None:
    assert fields_of(status, *((b"content-length", value) for value in values)).length_bytes == length_bytes


def test_of_connection_only_close_is_heard() -> None:
    assert fields_of(200, (b"connection", b"keep-alive , CLOSE")).closes
    assert not fields_of(200, (b"connection", b"closed"), (b"connection", b"upgrade")).closes
    assert fields_of(200, (b"connection", b"close"), (b"connection", b"keep-alive")).closes


def test_of_dates_the_first_counts() -> None:
    assert fields_of(200, (b"date", b"first"), (b"date", b"second")).date == b"first"
    assert fields_of(200).date is None


def test_what_is_dropped_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    _say_dropped.cache_clear()
    caplog.set_level(logging.DEBUG, "api_hour.http")
    for _ in range(3):
        fields_of(204, (b"content-length", b"0"), (b"transfer-encoding", b"chunked"))
    assert [record.getMessage() for record in caplog.records] == [
        "Content-Length of an answer is left out: an answer with status 204 has none of b'0'",
        "Transfer-Encoding of an answer is left out: how an answer is sent is the server's to decide",
    ]
