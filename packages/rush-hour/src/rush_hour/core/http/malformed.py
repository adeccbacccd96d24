"""The error of a server that does not speak HTTP/1.1. Pure."""


class MalformedResponse(Exception):
    """The server broke the protocol. `code` is a short name for counting, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
