"""One server-sent event as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import ServerSentEvent


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ServerSentEvent(data="x"), "data: x\n\n"),
        (ServerSentEvent(data=""), "data: \n\n"),
        (ServerSentEvent(data="a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (
            ServerSentEvent(data="é", event="agent", id="7", retry_ms=500),
            "event: agent\nid: 7\nretry: 500\ndata: é\n\n",
        ),
    ],
)
def test_an_event_is_lines_and_an_empty_one(event: ServerSentEvent, text: str) -> None:
    assert event.encode() == text.encode()


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
def test_type_and_id_are_one_line(value: str) -> None:
    with pytest.raises(ValueError) as caught:
        ServerSentEvent(data="x", event=value)
    assert str(caught.value) == f"server-sent event: expected one line without NUL as event, got {value!r}"

    with pytest.raises(ValueError) as caught:
        ServerSentEvent(data="x", id=value)
    assert str(caught.value) == f"server-sent event: expected one line without NUL as id, got {value!r}"


@given(st.text())
def test_no_data_can_end_an_event_or_add_a_field(data: str) -> None:
    lines = ServerSentEvent(data=data).encode().decode().split("\n")

    assert lines[-2:] == ["", ""]
    assert all(line.startswith("data: ") and "\r" not in line for line in lines[:-2])
