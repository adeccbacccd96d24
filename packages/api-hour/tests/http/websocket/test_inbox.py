"""The messages of a WebSocket that wait to be received."""

import pytest
from websockets.frames import Frame, Opcode

from api_hour.http.websocket.inbox import HELD_BYTES, HELD_MESSAGES, Inbox


def test_a_message_is_put_together_from_its_frames() -> None:
    inbox = Inbox()

    taken = [
        inbox.take(Frame(Opcode.TEXT, "né".encode()[:2], fin=False)),
        inbox.take(Frame(Opcode.CONT, "né".encode()[2:], fin=True)),
        inbox.take(Frame(Opcode.BINARY, b"\xff", fin=True)),
    ]

    assert taken == [False, True, True]
    assert (inbox.held_bytes, len(inbox.messages)) == (3, 2)
    assert [inbox.give(), inbox.give()] == ["né", b"\xff"]
    assert (inbox.held_bytes, len(inbox.messages)) == (0, 0)


def test_text_that_is_not_utf_8_is_no_message() -> None:
    inbox = Inbox()

    with pytest.raises(UnicodeDecodeError):
        inbox.take(Frame(Opcode.TEXT, b"\xff", fin=True))

    assert not inbox.messages


def test_what_has_not_ended_can_be_forgotten() -> None:
    inbox = Inbox()
    inbox.take(Frame(Opcode.BINARY, b"a", fin=False))
    inbox.drop_unfinished()
    inbox.take(Frame(Opcode.BINARY, b"b", fin=True))

    assert inbox.give() == b"b"


@pytest.mark.parametrize(("count", "size_bytes"), [(HELD_MESSAGES, 1), (1, HELD_BYTES)])
def test_it_is_full_by_number_or_by_bytes_and_has_room_again_when_half_is_given(count: int, size_bytes: int) -> None:
    inbox = Inbox()
    for number in range(count):
        assert not inbox.is_full, number
        inbox.take(Frame(Opcode.BINARY, bytes(size_bytes), fin=True))
    assert inbox.is_full
    assert not inbox.has_room

    for _ in range(count // 2 + 1):
        inbox.give()

    assert inbox.has_room
