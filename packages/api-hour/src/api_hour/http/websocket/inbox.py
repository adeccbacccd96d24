"""The messages of a WebSocket that came and were not received yet, and the one that has not ended."""

from collections import deque

from websockets.frames import Frame, Opcode

HELD_MESSAGES = 32  # that the application has not received, before the client is not read from
HELD_BYTES = 262144  # of them all; a larger message is held alone


class Inbox:
    """Messages, in order.

    Attributes:
        messages: those that are whole.
        held_bytes: how large they are together.
    """

    __slots__ = ("_is_text", "_parts", "held_bytes", "messages")

    def __init__(self) -> None:
        self.messages: deque[str | bytes] = deque()
        self.held_bytes = 0
        self._parts = bytearray()  # of a message that has not ended
        self._is_text = False

    @property
    def is_full(self) -> bool:
        """Whether the client is not to be read from."""
        return len(self.messages) >= HELD_MESSAGES or self.held_bytes >= HELD_BYTES

    @property
    def has_room(self) -> bool:
        """Whether it is worth reading from the client again."""
        return len(self.messages) < HELD_MESSAGES // 2 and self.held_bytes < HELD_BYTES // 2

    def take(self, frame: Frame) -> bool:
        """Take a frame of a message; tell whether one is whole.

        Raises:
            UnicodeDecodeError: it is text, and not UTF-8.
        """
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._parts += frame.data
        if not frame.fin:
            return False
        data, self._parts = self._parts, bytearray()
        message = data.decode() if self._is_text else bytes(data)
        self.messages.append(message)
        self.held_bytes += len(message)
        return True

    def give(self) -> str | bytes:
        """Give the first message."""
        message = self.messages.popleft()
        self.held_bytes -= len(message)
        return message

    def drop_unfinished(self) -> None:
        """Forget a message that has not ended."""
        self._parts.clear()
